import type { NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { ClusterView } from "./cluster-access.js";
import { needsByNode } from "./registry-needs.js";
import type { Step } from "./steps.js";
import type { ApplyTarget, TargetCopy } from "./target.js";

/** Ids of the entries that a node's agent has just said to be as they should be, with their weights. */
export type EnsuredEntries = ReadonlyMap<NodeName, ReadonlySet<string>>;

/**
 * Weights on the nodes that get layers, all entries and their listing on every node with an agent: any of them may be asked
 * one day.
 */
export function registrySteps(
  { weights }: Pick<ApplyTarget, "weights">,
  wanted: readonly { readonly copy: TargetCopy; readonly entry: EntrySpec }[],
  view: ClusterView,
  ensured: EnsuredEntries,
): Step[] {
  const staged = new Set(wanted.flatMap(({ copy }) => copy.stages.map((stage) => stage.node)));
  const needs = wanted.flatMap(({ entry }) =>
    [...needsByNode(entry, view)].map(([node, need]) => ({ entry, node, need })),
  );
  const lacking = needs.filter(({ node, need }) => need.weights === "missing" && staged.has(node));
  const downloads = new Set(weights === "local" ? [] : lacking.map(({ node }) => node));
  const entries = needs.filter(
    ({ entry, node, need }) =>
      downloads.has(node) || (need.entry === "missing" && ensured.get(node)?.has(entry.modelId) !== true),
  );
  return [
    ...[...downloads].map((node): Step => ({ action: "download-weights", node })),
    ...entries.map(({ entry, node }): Step => ({ action: "ensure-entry", node, entry })),
    ...wanted.flatMap(({ entry }) => rescans(entry, view)),
  ];
}

/** Exos whose registry has our agent's entry and who do not list it yet. */
const rescans = ({ modelId }: EntrySpec, { listed, registries }: ClusterView): Step[] =>
  [...listed]
    .filter(([node, models]) => registries.has(node) && !models.some((model) => model.id === modelId))
    .map(([node]): Step => ({ action: "rescan", node, modelId }));
