import { entryOfCopy } from "../cluster/copy-entry.js";
import type { NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import { type AddedModel, isWantedOn } from "./added-models.js";
import type { ModelRun } from "./model-run.js";
import type { Member } from "./state-store.js";

/** A registry entry that shall stay as exoctl wrote it. */
export interface KeptEntry {
  readonly entry: EntrySpec;
  /** `every`: on each node with an agent, whenever it joins. */
  readonly nodes: "every" | ReadonlySet<NodeName>;
  /** Set while the first attempt to bring its model up is still to end: until then, to write the entry is a step of that. */
  readonly awaits?: "first-start";
}

/** All entries that are to be kept now: those of desired models, and those that were added by name. */
export type WantedEntries = () => readonly KeptEntry[];

/** Whether an entry is to be kept on this node. */
export const isKeptOn = ({ nodes }: KeptEntry, node: NodeName): boolean => nodes === "every" || nodes.has(node);

/** The entries of desired models, one for each copy that is planned. */
export const entriesOfRuns = (runs: readonly ModelRun[]): readonly KeptEntry[] => runs.flatMap(entriesOf);

function entriesOf({ entry: settings, model, plan, proven, failures }: ModelRun): readonly KeptEntry[] {
  if (settings.entry === "builtin" || model === undefined) return [];
  const { entry } = model;
  const copies = Math.max(1, plan?.copies.length ?? 1);
  const wasTried = proven.size > 0 || failures > 0;
  return Array.from({ length: copies }, (_, index) => ({
    entry: entryOfCopy(entry, index + 1),
    nodes: "every",
    ...(wasTried ? {} : { awaits: "first-start" }),
  }));
}

/** The entries that were added by name. A node that is no member any more is left out. */
export const entriesOfAdded = (added: readonly AddedModel[], members: readonly Member[]): readonly KeptEntry[] =>
  added.map((model) => {
    const { entry, nodes } = model;
    if (nodes === "all") return { entry, nodes: "every" };
    return {
      entry,
      nodes: new Set(members.filter(({ agentId }) => isWantedOn(model, agentId)).map(({ name }) => name)),
    };
  });
