import type { ClusterView } from "../../apply/cluster-access.js";
import { copyNumber } from "../../cluster/copy-entry.js";
import { isModelId, type ModelId, type NodeName } from "../../cluster/names.js";
import type { RegistryReport } from "../../cluster/registry-report.js";

/** Ids under which a node has something of ours for this entry: a card, a link or a folder of links, for any copy. */
export function entriesOnNode(entryId: ModelId, { cards, models }: RegistryReport): readonly ModelId[] {
  const ids = [
    ...cards.filter(({ ours }) => ours).map(({ modelId }) => modelId),
    ...models.filter(({ link, placedBy }) => link === "ours" || placedBy === "entry").map(({ modelId }) => modelId),
  ];
  const own = ids.filter((id) => copyNumber({ modelId: entryId }, id) !== undefined);
  return [...new Set(own)].filter(isModelId).toSorted();
}

/** Ids of this entry's copies that the exo of a node lists; undefined while it does not answer. */
export const listedOn = (entryId: ModelId, { listed }: ClusterView, node: NodeName): readonly ModelId[] | undefined =>
  listed
    .get(node)
    ?.map(({ id }) => id)
    .filter(isModelId)
    .filter((id) => copyNumber({ modelId: entryId }, id) !== undefined);

/**
 * Whether exos may be asked to forget this id. Some of them pass that on to all others, each of which then deletes the card file
 * that it would have saved itself: so no node may have such a card of somebody else.
 */
export function mayBeForgotten(id: ModelId, { registries, inventory }: ClusterView): boolean {
  const foreign = [...registries.values()].some(({ cards }) => cards.some((card) => card.modelId === id && !card.ours));
  const allTold = inventory.nodes.every(({ name }) => registries.has(name));
  return !foreign && (allTold || id.startsWith("exoctl/"));
}
