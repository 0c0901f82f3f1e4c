import type { NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { ClusterView } from "./cluster-access.js";
import { needsByNode } from "./registry-needs.js";
import type { Step } from "./steps.js";

/** Ids of the entries that a node's agent has just said to be as they should be, with their weights. */
export type EnsuredEntries = ReadonlyMap<NodeName, ReadonlySet<string>>;

/**
 * All entries and their listing on every node with an agent: any of them may be asked one day.
 *
 * @param supplied nodes that get weights by the same steps, so that their entries can be linked after it
 */
export function registrySteps(
  wanted: readonly { readonly entry: EntrySpec }[],
  supplied: ReadonlySet<NodeName>,
  view: ClusterView,
  ensured: EnsuredEntries,
): Step[] {
  const needs = wanted.flatMap(({ entry }) =>
    [...needsByNode(entry, view)].map(([node, need]) => ({ entry, node, need })),
  );
  const entries = needs.filter(
    ({ entry, node, need }) =>
      supplied.has(node) || (need.entry === "missing" && ensured.get(node)?.has(entry.modelId) !== true),
  );
  return [
    ...entries.map(({ entry, node }): Step => ({ action: "ensure-entry", node, entry })),
    ...wanted.flatMap(({ entry }) => rescans(entry, view)),
  ];
}

/** Exos whose registry has our agent's entry and who do not list it yet. */
const rescans = ({ modelId }: EntrySpec, { listed, registries }: ClusterView): Step[] =>
  [...listed]
    .filter(([node, models]) => registries.has(node) && !models.some((model) => model.id === modelId))
    .map(([node]): Step => ({ action: "rescan", node, modelId }));
