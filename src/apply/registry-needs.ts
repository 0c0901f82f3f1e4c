import { createHash } from "node:crypto";
import type { NodeName } from "../cluster/names.js";
import type { EntrySpec, RegistryReport } from "../cluster/registry-report.js";
import type { InventoryNode } from "../inventory/inventory.js";
import { renderCard } from "../register/render-card.js";
import type { ClusterView } from "./cluster-access.js";

/** What a node lacks before exo can run our entry there. */
export interface RegistryNeeds {
  /** The card has to be written, or the weights to be linked. */
  readonly entry: "missing" | "present";
  readonly weights: "missing" | "present";
}

/**
 * Reads a node's registry. The card is compared by the digest of what its agent would render for the exo that runs there.
 *
 * @throws UnknownCardFieldError when that exo requires a card field which is not known here
 */
export function registryNeeds(entry: EntrySpec, node: InventoryNode, registry: RegistryReport): RegistryNeeds {
  const isComplete = (id: string): boolean => registry.models.some((model) => model.modelId === id && model.complete);
  const linked = isComplete(entry.modelId);
  const source = isComplete(entry.weightsOf) || isLocal(entry, registry);
  const card = registry.cards.find((candidate) => candidate.ours && candidate.modelId === entry.modelId);
  const { variant } = node.exo.value;
  const wanted = variant === undefined ? undefined : digestOf(renderCard(entry, variant));
  const written = card !== undefined && (wanted === undefined || card.digest === wanted);
  return {
    entry: written && (linked || !source) ? "present" : "missing",
    weights: linked || source ? "present" : "missing",
  };
}

/** Whether the weights lie complete in one of the agent's further folders, from where it can link them. */
const isLocal = ({ weightsOf }: EntrySpec, { localModels = [] }: RegistryReport): boolean =>
  localModels.some((model) => model.modelId === weightsOf && model.complete);

/** Whether a node has an entry's weights, wherever they lie. */
export const hasWeights = (entry: EntrySpec, registry: RegistryReport): boolean =>
  isLocal(entry, registry) ||
  registry.models.some(
    ({ modelId, complete }) => complete && (modelId === entry.modelId || modelId === entry.weightsOf),
  );

const digestOf = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** Nodes whose agent has told of its registry, with what they lack for this entry. */
export function needsByNode(entry: EntrySpec, view: ClusterView): ReadonlyMap<NodeName, RegistryNeeds> {
  const needs = new Map<NodeName, RegistryNeeds>();
  for (const node of view.inventory.nodes) {
    const registry = view.registries.get(node.name);
    if (registry !== undefined) needs.set(node.name, registryNeeds(entry, node, registry));
  }
  return needs;
}
