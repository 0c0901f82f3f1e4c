import type { ClusterView } from "../apply/cluster-access.js";
import { hasWeights } from "../apply/registry-needs.js";
import type { NodeName } from "../cluster/names.js";
import type { Inventory } from "../inventory/inventory.js";
import type { KnownModel } from "../models/known-models.js";
import type { Reason } from "../plan/reason.js";

/** Nodes whose agent says that they lack the files of a model which exo can't download. None for models that it can. */
export function nodesWithoutWeights({ entry, weights }: KnownModel, view: ClusterView): readonly NodeName[] {
  if (weights === "published") return [];
  return [...view.registries].filter(([, registry]) => !hasWeights(entry, registry)).map(([node]) => node);
}

/** The inventory in which these nodes take no layers. */
export const withoutNodes = (inventory: Inventory, { entry }: KnownModel, lacking: readonly NodeName[]): Inventory => ({
  ...inventory,
  nodes: inventory.nodes.map((node) =>
    lacking.includes(node.name)
      ? { ...node, notReady: [...node.notReady, `it has no files of ${entry.weightsOf}`] }
      : node,
  ),
});

/** Why nodes were left out, and what to do about it. */
export function weightsReasons({ entry }: KnownModel, lacking: readonly NodeName[]): readonly Reason[] {
  if (lacking.length === 0) return [];
  const nodes = lacking.join(", ");
  return [
    {
      code: "no_weights",
      message: `${nodes} ${lacking.length === 1 ? "takes" : "take"} no layers: the files of ${entry.weightsOf} are not there, and exo can't download them.`,
      fix: `Copy them: exoctl model sync ${entry.weightsOf}`,
    },
  ];
}
