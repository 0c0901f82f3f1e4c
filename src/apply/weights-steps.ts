import type { NodeName } from "../cluster/names.js";
import type { EntrySpec, StoredModel } from "../cluster/registry-report.js";
import type { Problem } from "../runtime/problem.js";
import * as problems from "./apply-problems.js";
import type { ClusterView } from "./cluster-access.js";
import { hasWeights, needsByNode } from "./registry-needs.js";
import type { Step } from "./steps.js";
import type { ApplyTarget } from "./target.js";

/** Who may give weights to nodes that lack them. */
export type WeightsTarget = Pick<ApplyTarget, "weights" | "weightsFrom">;

/** Which of these nodes lack an entry's weights, as far as their agents say. In the order given. */
export function nodesLacking(entry: EntrySpec, nodes: readonly NodeName[], view: ClusterView): readonly NodeName[] {
  const needs = needsByNode(entry, view);
  return [...new Set(nodes)].filter((node) => needs.get(node)?.weights === "missing");
}

/**
 * Brings weights to the nodes of a model that lack them: by a copy from those that have them, and where nobody does by one
 * download, of which the others then get copies. What exo has begun to download is exo's to finish: its half folder can't
 * become a copy.
 *
 * @param lacking nodes that get layers and lack the weights, in rank order
 */
export function weightsSteps(
  { weights, weightsFrom }: WeightsTarget,
  entry: EntrySpec,
  lacking: readonly NodeName[],
  view: ClusterView,
): Step[] {
  if (weights === "local" || lacking.length === 0) return [];
  if (weightsFrom !== undefined) return [{ action: "sync-weights", nodes: lacking, from: weightsFrom }];
  const begun = lacking.filter((node) => hasBegun(entry, node, view));
  const others = lacking.filter((node) => !begun.includes(node));
  const someHave = [...view.registries.values()].some((registry) => hasWeights(entry, registry));
  const first = someHave || begun.length > 0 ? [] : others.slice(0, 1);
  const copied = others.filter((node) => !first.includes(node));
  const downloads = [...begun, ...first].map((node): Step => ({ action: "download-weights", node }));
  const copies: readonly Step[] = copied.length === 0 ? [] : [{ action: "sync-weights", nodes: copied }];
  return someHave ? [...copies, ...downloads] : [...downloads, ...copies];
}

/** What keeps nodes that lack the weights from getting them. */
export function weightsTrouble(
  { weights, weightsFrom }: WeightsTarget,
  entry: EntrySpec,
  lacking: readonly NodeName[],
  { inventory, registries }: ClusterView,
): { readonly problem: Problem; readonly mayPass: "soon" | "never" } | undefined {
  const [first] = lacking;
  if (first === undefined) return undefined;
  if (weights === "local") return { problem: problems.noWeights(first, entry.weightsOf), mayPass: "never" };
  if (weightsFrom === undefined) return undefined;
  if (!inventory.nodes.some(({ name }) => name === weightsFrom))
    return { problem: problems.sourceUnknown(weightsFrom), mayPass: "soon" };
  const registry = registries.get(weightsFrom);
  if (registry === undefined) return { problem: problems.noRegistry(weightsFrom), mayPass: "soon" };
  if (hasWeights(entry, registry)) return undefined;
  return { problem: problems.sourceLacks(weightsFrom, entry.weightsOf), mayPass: "never" };
}

/** Whether exo on this node downloads the weights now, or has left a part of them. */
function hasBegun({ weightsOf }: EntrySpec, node: NodeName, { deployment, registries }: ClusterView): boolean {
  const downloads = deployment.downloads.some(
    (item) => item.node === node && item.modelId === weightsOf && item.state === "ongoing",
  );
  return (
    downloads || registries.get(node)?.models.some((model) => model.modelId === weightsOf && isPart(model)) === true
  );
}

/** A folder with files in it that is neither whole nor of our making. */
const isPart = ({ complete, link, placedBy, bytes }: StoredModel): boolean =>
  !complete && link === undefined && placedBy === undefined && bytes !== undefined && bytes > 0;
