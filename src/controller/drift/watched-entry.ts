import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { type Drift, type Remedy, remedyOf } from "./compare-entry.js";
import { describeDrift } from "./describe-drift.js";
import { type MendHistory, nextMendAt, noHistory, withFailure, withMend } from "./mend-pace.js";

/** What is known of one entry on one node. Lost with the controller: the first look after a start begins anew. */
export interface WatchedEntry {
  readonly node: NodeName;
  readonly entry: EntrySpec;
  /** Whether it has been as it should be. Until then it is on its way, and what is missing is no drift. */
  readonly wasRight: boolean;
  /** Whether its weights have been complete here. */
  readonly hadWeights: boolean;
  readonly drifts: readonly Drift[];
  /** When each kind of drift that is there now was seen first. */
  readonly since: ReadonlyMap<Drift["kind"], number>;
  readonly history: MendHistory;
  /** Why the last attempt to mend it came to nothing. */
  readonly trouble?: string;
  readonly lastDrift?: { readonly text: string; readonly endedAt: number };
}

export const newlyWatched = (node: NodeName, entry: EntrySpec): WatchedEntry => ({
  node,
  entry,
  wasRight: false,
  hadWeights: false,
  drifts: [],
  since: new Map(),
  history: noHistory,
});

/** The entry after a look at it. @param seen all that is not as it should be */
export function afterLook(before: WatchedEntry, seen: readonly Drift[], now: number): WatchedEntry {
  const hasWeights = seen.every(({ kind }) => kind !== "weights-missing");
  // Weights that were never here are for a download or a copy, not for the registry.
  const drifts = seen.filter(({ kind }) => kind !== "weights-missing" || before.hadWeights);
  const common = { ...before, drifts, hadWeights: before.hadWeights || hasWeights };
  if (drifts.length > 0) {
    return { ...common, since: new Map(drifts.map(({ kind }) => [kind, before.since.get(kind) ?? now])) };
  }
  const { trouble: _over, ...right } = common;
  const ended = before.wasRight && before.drifts.length > 0;
  const lastDrift = { text: before.drifts.map((drift) => describeDrift(drift, before.entry)).join("; "), endedAt: now };
  return {
    ...right,
    wasRight: true,
    since: new Map(),
    history: { ...before.history, failures: 0 },
    ...(ended ? { lastDrift } : {}),
  };
}

/** What is to be done now, by the most basic of its drifts; undefined when there is nothing to do, or it is too early. */
export function dueRemedy({ drifts, history }: WatchedEntry, now: number): Exclude<Remedy, "by-hand"> | undefined {
  // While somebody else's card is there the agent would refuse to write anything.
  if (drifts.some(({ kind }) => kind === "foreign-card" || kind === "link-blocked")) return undefined;
  const remedies = new Set(drifts.map(remedyOf));
  const remedy = remedies.has("write") ? "write" : remedies.has("rescan") ? "rescan" : undefined;
  return remedy === undefined || now < nextMendAt(history, now) ? undefined : remedy;
}

/** @param remedy that was carried out. Only what was written again counts as mended: a rescan is no answer to anybody. */
export function afterMend(before: WatchedEntry, remedy: Exclude<Remedy, "by-hand">, now: number): WatchedEntry {
  const { trouble: _over, ...entry } = before;
  const counts = before.wasRight && remedy === "write";
  const history = counts ? withMend(before.history, now) : { ...before.history, failures: 0, lastAttemptAt: now };
  return { ...entry, history };
}

export const afterFailure = (before: WatchedEntry, trouble: string, now: number): WatchedEntry => ({
  ...before,
  trouble,
  history: withFailure(before.history, now),
});

/** An entry on its way to a node is no news unless it does not get there. */
export const isTold = ({ wasRight, trouble }: WatchedEntry, drift: Drift): boolean =>
  wasRight || trouble !== undefined || remedyOf(drift) === "by-hand";
