import type { ClusterAccess } from "../apply/cluster-access.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { DriftWatch } from "./drift/watch-drift.js";
import type { ModelRun } from "./model-run.js";
import type { ModelWork, Report } from "./model-work.js";
import type { SplitWatch } from "./split-watch.js";

/** How often the cluster is looked at. */
const roundMs = 1_000;

export interface ControlLoop {
  /** From now on models that are not served are brought up again. */
  startHealing(): void;
  /** Ends with the signal; never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Looks at the cluster about once a second, brings back what is desired and not served, or not by all copies that could be, and
 * lets the registries be mended. Remembers nothing: each round starts from a fresh observation.
 */
export function startControlLoop(
  deps: {
    readonly access: ClusterAccess;
    readonly work: ModelWork;
    /** Keeps the registries as they shall be; looks at each view. */
    readonly drift: Pick<DriftWatch, "look" | "idle">;
    /** Brings exos back that have parted from the others; looks at each view. */
    readonly split: SplitWatch;
    /** What a model lacks in what was seen last, in a few words; undefined when it lacks nothing. */
    readonly lack: (run: ModelRun) => string | undefined;
    readonly clock: Clock;
    readonly logger: Logger;
  },
  signal: AbortSignal,
): ControlLoop {
  const { access, work, clock, logger } = deps;
  let healing = false;
  const repairs = new Map<string, Promise<void>>();

  const repair = async (name: string, lack: string): Promise<void> => {
    try {
      logger.info("model lacks something, bringing it up", { model: name, lack });
      const report: Report = (line) => logger.info("repair", { model: name, progress: line });
      await work.converge(name, report, signal);
    } catch (error) {
      if (!signal.aborted) logger.warn("model could not be brought up", { model: name, error });
    } finally {
      repairs.delete(name);
    }
  };
  const round = async (): Promise<void> => {
    const view = await access.observe(signal);
    for (const run of work.runs()) {
      const { name } = run.entry;
      const lack = deps.lack(run);
      if (!healing || lack === undefined || clock.now() < run.retryAt || repairs.has(name)) continue;
      repairs.set(name, repair(name, lack));
    }
    deps.drift.look(view, healing ? "mend" : "watch");
    // An exo that joins makes the others elect a master: nothing to risk while all that is wanted is served.
    const isLacking = work.runs().some((run) => deps.lack(run) !== undefined);
    deps.split.look(view, healing && isLacking ? "mend" : "watch");
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await round().catch((error: unknown) => {
        if (!signal.aborted) logger.error("a round of the control loop failed", { error });
      });
      await clock.sleep(roundMs, signal).catch(() => undefined); // rejects only when the loop is to end
    }
    await Promise.all([...repairs.values(), deps.drift.idle(), deps.split.idle()]);
  };
  return {
    startHealing: () => {
      healing = true;
    },
    ended: loop(),
  };
}
