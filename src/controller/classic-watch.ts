import type { NodeName } from "../cluster/names.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { ClassicEyes } from "./classic-eyes.js";

/** Watches the processes of a ring. exo itself tells of a death after 15 s, and the client after an hour. */
export interface ClassicWatch {
  /** Members that do not answer now, one sentence each; or that the ring has not been whole for long enough since. */
  lost(): readonly string[];
  /** Ends with the signal; never rejects. */
  readonly ended: Promise<void>;
}

/** Two misses in a row, so that one lost packet fails no stream. */
const missesUntilLost = 2;

export interface ClassicWatchDeps {
  readonly eyes: Pick<ClassicEyes, "peer">;
  /** Who belongs to the ring now; nobody while there is none. */
  readonly members: () => readonly NodeName[];
  /** Whether the nodes agree, by what was seen last. */
  readonly isWhole: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a ring has to stay whole after a loss: survivors drop a node, and take it back, some time after it was there again. */
  readonly settleMs: number;
  /** Between two rounds. */
  readonly everyMs: number;
  /** A process that is frozen keeps its port open. */
  readonly deadlineMs: number;
}

export function watchClassicRing(deps: ClassicWatchDeps, signal: AbortSignal): ClassicWatch {
  const { eyes, clock, logger } = deps;
  const misses = new Map<NodeName, number>();
  let wholeSince = Number.NEGATIVE_INFINITY;
  const lost = (): readonly string[] =>
    [...misses].flatMap(([name, count]) => (count < missesUntilLost ? [] : [`exo on ${name} does not answer`]));
  const probe = async (name: NodeName): Promise<void> => {
    const answers = await eyes
      .peer(name)
      ?.health(AbortSignal.any([signal, AbortSignal.timeout(deps.deadlineMs)]))
      .then(
        () => true,
        () => false, // whatever it is, the ring can't use it
      );
    if (answers === true) {
      if ((misses.get(name) ?? 0) >= missesUntilLost) logger.info("a node of the ring answers again", { node: name });
      misses.delete(name);
    } else if (!signal.aborted) {
      misses.set(name, (misses.get(name) ?? 0) + 1);
      if (misses.get(name) === missesUntilLost) logger.warn("a node of the ring does not answer", { node: name });
    }
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      const members = deps.members();
      for (const name of misses.keys()) if (!members.includes(name)) misses.delete(name);
      await Promise.all(members.map(probe));
      if (members.length === 0) wholeSince = Number.NEGATIVE_INFINITY;
      else if (lost().length > 0 || !deps.isWhole()) wholeSince = Number.POSITIVE_INFINITY;
      else if (wholeSince === Number.POSITIVE_INFINITY) wholeSince = clock.now();
      await clock.sleep(deps.everyMs, signal).catch(() => undefined); // rejects only when the watch is to end
    }
  };
  return {
    lost: () => {
      const missing = lost();
      if (missing.length > 0) return missing;
      return clock.now() - wholeSince < deps.settleMs ? ["the ring is coming together again"] : [];
    },
    ended: loop(),
  };
}
