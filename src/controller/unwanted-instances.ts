import type { ClusterView } from "../apply/cluster-access.js";
import { isOfTarget } from "../apply/target.js";
import { isRunAs } from "../cluster/copy-entry.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import type { KnownModels } from "../models/known-models.js";

/** Our instances of models that nobody wants any more. */
export function unwantedInstances(
  models: readonly ModelEntry[],
  known: KnownModels,
  clusterId: string,
  { deployment }: ClusterView,
): readonly DeployedInstance[] {
  const isWanted = ({ id, modelId }: DeployedInstance): boolean =>
    models.some((entry) => {
      const model = known.find(entry);
      // Of a model that nobody knows any more, instances still have its name in theirs.
      return model === undefined
        ? isOfTarget({ clusterId, servedName: entry.name }, id)
        : isRunAs(model.entry, modelId);
    });
  return deployment.instances.filter((instance) => instance.owner === "ours" && !isWanted(instance));
}
