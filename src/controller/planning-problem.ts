import { copyNumber } from "../cluster/copy-entry.js";
import { type ClusterSpec, type ModelEntry, settingsOfNode } from "../config/cluster-spec.js";
import type { DeployedInstance, Deployment } from "../inventory/deployment.js";
import type { Inventory } from "../inventory/inventory.js";
import { entryFor, findModel, findModelById } from "../models/catalogue.js";
import type { ModelSpec } from "../models/model-spec.js";
import { safeShare } from "../plan/memory-limit.js";
import type { PlanProblem } from "../plan/plan-problem.js";
import { problemFromInventory } from "../plan/problem-from-inventory.js";
import type { Reason } from "../plan/reason.js";
import { Problem } from "../runtime/problem.js";
import { heldBytes, type KnownInstance, promisedBytes } from "./held-memory.js";

/** A model of the cluster file with what the catalogue says of it. @throws Problem `unknown_model` */
export function modelSpecOf(entry: ModelEntry): ModelSpec {
  const spec = findModel(entry.name, entry.quantization);
  if (spec !== undefined) return spec;
  throw new Problem(
    "usage",
    "unknown_model",
    `there is no ${entry.name} in ${entry.quantization} in the catalogue`,
    "Name a model of the catalogue, such as gpt-oss-120b in MXFP4-Q8.",
  );
}

/** Whether an instance serves this model: as one of its copies under our ids, or under the built-in one. */
export function runsModel({ modelId }: DeployedInstance, entry: ModelEntry): boolean {
  const own = entryFor(entry.name, entry.quantization, "own");
  return modelId === own.weightsOf || copyNumber(own, modelId) !== undefined;
}

/** Every copy needs a model id of its own, and exo's own card is one id. */
const replicasOf = ({ entry, serve }: ModelEntry): PlanProblem["replicas"] =>
  entry === "builtin" ? 1 : serve.replicas;

const oneIdOnly: Reason = {
  code: "one_entry_one_copy",
  message: "One copy: each needs a registry entry of its own, and exo's own entry is only one.",
  fix: "Use agents and `entry: own` for several copies.",
};

/** New placements stay below the memory limit. With modes left to the planner, it sees to that itself. */
export const limitShareOf = (entry: ModelEntry): number =>
  entry.serve.sharding === "auto" || replicasOf(entry) === "auto" ? 1 : safeShare;

/** What the planner is asked for one model on the cluster as it is. @param spec with all models that shall run */
export function planningProblem(
  entry: ModelEntry,
  spec: ClusterSpec,
  inventory: Inventory,
  deployment: Deployment,
  limitShare = 1,
): PlanProblem {
  const model = modelSpecOf(entry);
  const { context, ...serve } = entry.serve;
  const replicas = replicasOf(entry);
  const own = deployment.instances.filter((instance) => instance.owner === "ours" && runsModel(instance, entry));
  const held = heldBytes(own.map((instance) => ({ instance, model })));
  const promised = promisedBytes(neighbours(entry, spec, deployment));
  const problem = problemFromInventory(
    inventory,
    { ...serve, replicas, model, contextTokens: context },
    {
      headroomBytes: (name) => settingsOfNode(spec, name).headroomBytes,
      heldBytes: (name) => held.get(name) ?? 0,
      promisedBytes: (name) => promised.get(name) ?? 0,
      limitShare,
    },
  );
  if (replicas === serve.replicas) return problem;
  return { ...problem, notes: [...(problem.notes ?? []), oneIdOnly] };
}

/**
 * What shares the nodes with this model: instances of the file's other models, and of any model that we know by its id. Of
 * the others we know nothing but that their nodes have less memory free.
 */
function neighbours(entry: ModelEntry, spec: ClusterSpec, deployment: Deployment): readonly KnownInstance[] {
  return deployment.instances.flatMap((instance) => {
    if (instance.owner === "ours" && runsModel(instance, entry)) return [];
    const wanted = instance.owner === "ours" ? spec.models.find((other) => runsModel(instance, other)) : undefined;
    const model = wanted === undefined ? findModelById(instance.modelId) : modelSpecOf(wanted);
    if (model === undefined) return [];
    const kv = wanted && { contextTokens: wanted.serve.context, concurrency: wanted.serve.concurrency };
    return [{ instance, model, ...(kv === undefined ? {} : { kv }) }];
  });
}
