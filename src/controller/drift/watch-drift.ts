import type { ClusterAccess, ClusterView } from "../../apply/cluster-access.js";
import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec, RegistryReport } from "../../cluster/registry-report.js";
import type { InventoryNode } from "../../inventory/inventory.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import { isKeptOn, type KeptEntry, type WantedEntries } from "../kept-entries.js";
import type { RegistryFinding } from "../registry-finding.js";
import { compareEntry } from "./compare-entry.js";
import { mendEntry } from "./mend-entry.js";
import { tellChanges } from "./tell-changes.js";
import { afterFailure, afterLook, afterMend, dueRemedy, newlyWatched, type WatchedEntry } from "./watched-entry.js";
import { findingsOf, recentlyMended } from "./watched-findings.js";

/** What is to be told of one entry on one node. */
export interface EntryFindings {
  readonly node: NodeName;
  readonly modelId: string;
  /** What is wrong now. */
  readonly wrong: readonly RegistryFinding[];
  /** What was wrong and was mended within the last ten minutes. */
  readonly mended: readonly RegistryFinding[];
}

/** Keeps the registries as they shall be: compares at every look, and mends what was edited, deleted or led elsewhere. */
export interface DriftWatch {
  /** @param mode `mend` begins to mend what is due, in the background; `watch` only notes what is there */
  look(view: ClusterView, mode: "mend" | "watch"): void;
  /** Entries with something to tell, in the order in which they were first seen. */
  findings(): readonly EntryFindings[];
  /** Resolves when nothing is being mended. */
  idle(): Promise<void>;
}

export interface DriftWatchDeps {
  readonly wanted: WantedEntries;
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends what is being mended. */
  readonly lifetime: AbortSignal;
}

const keyOf = (node: NodeName, { modelId }: EntrySpec): string => `${node} ${modelId}`;

/** A mend under way, or the end of the last one. */
interface Mending {
  readonly done: Promise<void>;
  readonly endedAt?: number;
}

export function createDriftWatch(deps: DriftWatchDeps): DriftWatch {
  const { access, clock, logger, lifetime } = deps;
  const watched = new Map<string, WatchedEntry>();
  const mends = new Map<string, Mending>();

  const mend = async (key: string, { node, entry }: WatchedEntry, remedy: "write" | "rescan"): Promise<void> => {
    const note = (change: (before: WatchedEntry) => WatchedEntry): void => {
      const before = watched.get(key); // it may have been given up meanwhile
      if (before !== undefined) watched.set(key, change(before));
    };
    try {
      await mendEntry(access, node, entry, remedy, lifetime);
      logger.info("registry entry mended", { node, model: entry.modelId, remedy });
      note((before) => afterMend(before, remedy, clock.now()));
    } catch (error) {
      if (lifetime.aborted) return;
      const trouble = error instanceof Error ? error.message : String(error);
      if (watched.get(key)?.trouble !== trouble)
        logger.warn("registry entry not mended", { node, model: entry.modelId, error });
      note((before) => afterFailure(before, trouble, clock.now()));
    }
  };
  const startMend = (key: string, entry: WatchedEntry, remedy: "write" | "rescan"): void => {
    const done = mend(key, entry, remedy).finally(() => mends.set(key, { done, endedAt: clock.now() }));
    mends.set(key, { done });
  };
  /** A view that was begun before a mend ended says nothing about it. */
  const isBehind = (key: string, view: ClusterView): boolean => {
    const last = mends.get(key);
    return last !== undefined && (last.endedAt ?? view.inventory.at) >= view.inventory.at;
  };
  const lookAt = (before: WatchedEntry, node: InventoryNode, registry: RegistryReport, view: ClusterView) => {
    const listed = view.listed.get(node.name);
    const seen = compareEntry(before.entry, { variant: node.exo.value.variant, registry, listed });
    const after = afterLook(before, seen, clock.now());
    tellChanges(before, after, clock.now(), logger);
    return after;
  };
  return {
    look: (view, mode) => {
      const kept = keptIn(view, deps.wanted());
      for (const key of watched.keys()) if (!kept.has(key)) forget(key, watched, mends);
      for (const [key, { node, entry }] of kept) {
        const registry = view.registries.get(node.name);
        // Of a node that does not answer the last findings stand.
        if (registry === undefined || isBehind(key, view)) continue;
        const before = watched.get(key) ?? newlyWatched(node.name, entry);
        const after = lookAt({ ...before, entry }, node, registry, view);
        watched.set(key, after);
        const remedy = dueRemedy(after, clock.now());
        // Without its exo an agent does not know the form of a card.
        const canMend = mode === "mend" && node.exo.value.variant !== undefined;
        if (canMend && remedy !== undefined) startMend(key, after, remedy);
      }
    },
    findings: () => [...watched.values()].map((entry) => entryFindings(entry, clock.now())).filter(hasFindings),
    idle: async () => {
      await Promise.all([...mends.values()].map(({ done }) => done));
    },
  };
}

/** Each entry that is to be kept, with each node that it is to be kept on. */
function keptIn({ inventory }: ClusterView, wanted: readonly KeptEntry[]) {
  const kept = new Map<string, { readonly node: InventoryNode; readonly entry: EntrySpec }>();
  for (const one of wanted.filter(({ awaits }) => awaits === undefined)) {
    for (const node of inventory.nodes) {
      const key = keyOf(node.name, one.entry);
      if (isKeptOn(one, node.name) && !kept.has(key)) kept.set(key, { node, entry: one.entry });
    }
  }
  return kept;
}

function forget(key: string, watched: Map<string, WatchedEntry>, mends: Map<string, Mending>): void {
  watched.delete(key);
  if (mends.get(key)?.endedAt !== undefined) mends.delete(key);
}

const entryFindings = (watched: WatchedEntry, now: number): EntryFindings => ({
  node: watched.node,
  modelId: watched.entry.modelId,
  wrong: findingsOf(watched, now),
  mended: recentlyMended(watched, now),
});

const hasFindings = ({ wrong, mended }: EntryFindings): boolean => wrong.length + mended.length > 0;
