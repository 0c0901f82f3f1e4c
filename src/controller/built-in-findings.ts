import type { ClusterView } from "../apply/cluster-access.js";
import type { ModelId, NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import type { Reason } from "../plan/reason.js";
import { describeDifference, listingDifferences } from "../register/listing-differences.js";

/** A card that exo ships and that does not say the truth about its model. */
export interface BuiltInFinding {
  readonly modelId: ModelId;
  /** Nodes whose exo lists it so. */
  readonly nodes: readonly NodeName[];
  /** What is wrong, such as `size 70.7 GB instead of 63.2 GB (11.7 % too much)`. */
  readonly text: string;
}

/**
 * Compares exo's own card of an entry's weights with the truth, on every node whose exo has answered.
 *
 * @returns one finding for each different answer; nodes that agree are together
 */
export function builtInFindings(entry: EntrySpec, view: ClusterView): readonly BuiltInFinding[] {
  const nodesByText = new Map<string, NodeName[]>();
  for (const [node, models] of view.listed) {
    const listed = models.find(({ id, origin }) => id === entry.weightsOf && origin !== "custom");
    const text = listed === undefined ? "" : listingDifferences(entry, listed).map(describeDifference).join(", ");
    if (text !== "") nodesByText.set(text, [...(nodesByText.get(text) ?? []), node]);
  }
  return [...nodesByText].map(([text, nodes]) => ({ modelId: entry.weightsOf, nodes, text }));
}

/** For people: what is wrong, where, and that nothing can be done about the card itself. */
export const describeBuiltInFinding = ({ modelId, nodes, text }: BuiltInFinding): string =>
  `exo's own card of ${modelId} on ${nodes.join(", ")} says ${text}; cards that exo ships can't be overridden`;

/**
 * What is wrong with the card that a model is run by; nothing when that is our own.
 *
 * @param entry as it is really run
 * @param own what our entry of it says
 */
export const findingsOfRun = (entry: ModelEntry, own: EntrySpec, view: ClusterView): readonly BuiltInFinding[] =>
  entry.entry === "builtin" ? builtInFindings(own, view) : [];

/** The same as reasons of a plan. The plan itself goes by the true numbers. */
export const builtInReasons = (entry: ModelEntry, own: EntrySpec, view: ClusterView): readonly Reason[] =>
  findingsOfRun(entry, own, view).map((finding) => ({
    code: "built_in_card_differs",
    message: `${describeBuiltInFinding(finding)}; this plan goes by the truth, exo's own checks of memory by its card`,
    fix: "With agents on the nodes and `entry: own`, exo runs an entry with the true numbers.",
  }));
