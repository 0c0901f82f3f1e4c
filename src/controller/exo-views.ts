import type { ExoControl } from "../apply/exo-control.js";
import type { ExoVariant } from "../cluster/exo-variant.js";
import type { ExoNodeId } from "../cluster/names.js";
import type { ExoAddress, ExoState } from "../inventory/exo-state.js";
import type { ExoView } from "../inventory/exo-view.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import { createAskAround } from "./ask-around.js";

/** Both sides of one exo's API, and the way to let go of it. */
export type ExoConnection = ExoState & ExoControl & { close: Close };

/** The controller's connections to the exos, and what each of them said last. */
export interface ExoViews {
  views(): readonly ExoView[];
  /** What went wrong at the last look, one sentence for each exo that did not answer well. */
  troubles(): readonly string[];
  /**
   * Asks every exo once, all at the same time; forgets those that are not named. One that is slow, or did not answer the last
   * time, delays nobody: its answer shows when it comes. Rejects only on abort.
   */
  refresh(addresses: readonly ExoAddress[], signal: AbortSignal): Promise<void>;
  connection(address: ExoAddress): ExoConnection | undefined;
  close: Close;
}

interface Known {
  readonly connection: ExoConnection;
  readonly view?: ExoView;
  readonly trouble?: string;
}

const keyOf = (address: ExoAddress): string => `${address.host} ${address.port}`;

/** Keeps the newest view of each exo, however old, so that a missed answer ages instead of vanishing. */
export function createExoViews(deps: {
  readonly connect: (address: ExoAddress) => ExoConnection;
  readonly clock: Clock;
  readonly simulated: "simulated" | "real";
}): ExoViews {
  const known = new Map<string, Known>();
  const exos = createAskAround<string>(async (key, signal) => {
    const before = known.get(key);
    if (before === undefined) return;
    try {
      const view = await askExo(before, deps.clock, signal);
      // It may have been forgotten meanwhile.
      if (known.get(key) !== before) return;
      const { connection } = before;
      known.set(key, { connection, view: { ...view, simulated: deps.simulated === "simulated" } });
    } catch (error) {
      // It did not answer well: its last view stays and grows old.
      const trouble = error instanceof Error ? error.message : String(error);
      if (known.get(key) === before) known.set(key, { ...before, trouble });
      throw error;
    }
  }, deps.clock);
  return {
    views: () => [...known.values()].flatMap(({ view }) => (view === undefined ? [] : [view])),
    troubles: () => [...known.values()].flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble])),
    refresh: async (addresses, signal) => {
      const wanted = new Map(addresses.map((address) => [keyOf(address), address]));
      for (const [key, { connection }] of known) {
        if (wanted.has(key)) continue;
        known.delete(key);
        await connection.close();
      }
      for (const [key, address] of wanted) if (!known.has(key)) known.set(key, { connection: deps.connect(address) });
      await exos.round([...wanted.keys()], signal);
    },
    connection: (address) => known.get(keyOf(address))?.connection,
    close: async () => {
      const closers = [...known.values()].map(({ connection }) => connection.close);
      known.clear();
      await exos.close();
      await closeAll(closers)();
    },
  };
}

async function askExo({ connection, view }: Known, clock: Clock, signal: AbortSignal): Promise<ExoView> {
  const [nodeId, value] = await Promise.all([connection.nodeId(signal), connection.observe(signal)]);
  const variant = await variantOf(connection, nodeId, view, signal);
  return {
    address: connection.address,
    nodeId,
    observation: { value, at: clock.now(), from: "exo" },
    ...(variant === undefined ? {} : { variant }),
  };
}

/** A variant can't change while a process lives, and exo's id is new with each process. */
function variantOf(
  exo: ExoState,
  nodeId: ExoNodeId,
  before: ExoView | undefined,
  signal: AbortSignal,
): Promise<ExoVariant | undefined> {
  if (before?.nodeId === nodeId && before.variant !== undefined) return Promise.resolve(before.variant);
  return exo.variant(signal);
}
