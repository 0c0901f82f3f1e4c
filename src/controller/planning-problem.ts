import { isRunAs } from "../cluster/copy-entry.js";
import { type ClusterSpec, type ModelEntry, settingsOfNode } from "../config/cluster-spec.js";
import type { Deployment } from "../inventory/deployment.js";
import type { Inventory } from "../inventory/inventory.js";
import type { KnownModel, KnownModels } from "../models/known-models.js";
import { safeShare } from "../plan/memory-limit.js";
import type { PlanProblem } from "../plan/plan-problem.js";
import { problemFromInventory } from "../plan/problem-from-inventory.js";
import type { Reason } from "../plan/reason.js";
import { Problem } from "../runtime/problem.js";
import { heldBytes, type KnownInstance, promisedBytes } from "./held-memory.js";

/** A cluster file, and the models that its names may mean. */
export interface KnownSpec extends ClusterSpec {
  readonly known: KnownModels;
}

/** A model of the cluster file. @throws Problem `unknown_model` that says how it becomes known */
export function knownModel(entry: ModelEntry, known: KnownModels): KnownModel {
  const model = known.find(entry);
  if (model !== undefined) return model;
  throw unknownModel(entry.name, known);
}

/** Nobody knows a model of this name. */
export const unknownModel = (name: string, known: KnownModels): Problem =>
  new Problem(
    "usage",
    "unknown_model",
    `there is no model ${JSON.stringify(name)}`,
    `Known are ${known.names.join(", ")}. A conversion in an agent's --models-folder becomes known by \`exoctl model add local/${name.replace(/^.*\//, "")}\`.`,
  );

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
  spec: KnownSpec,
  inventory: Inventory,
  deployment: Deployment,
  limitShare = 1,
): PlanProblem {
  const { spec: model, entry: own } = knownModel(entry, spec.known);
  const { context, ...serve } = entry.serve;
  const replicas = replicasOf(entry);
  const running = deployment.instances.filter(
    (instance) => instance.owner === "ours" && isRunAs(own, instance.modelId),
  );
  const held = heldBytes(running.map((instance) => ({ instance, model })));
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
function neighbours(entry: ModelEntry, spec: KnownSpec, deployment: Deployment): readonly KnownInstance[] {
  const { known } = spec;
  const runs = (modelId: string, model: ModelEntry): boolean => {
    const found = known.find(model);
    return found !== undefined && isRunAs(found.entry, modelId);
  };
  return deployment.instances.flatMap((instance) => {
    if (instance.owner === "ours" && runs(instance.modelId, entry)) return [];
    const wanted = instance.owner === "ours" ? spec.models.find((other) => runs(instance.modelId, other)) : undefined;
    const model = wanted === undefined ? known.findById(instance.modelId) : known.find(wanted)?.spec;
    if (model === undefined) return [];
    const kv = wanted && { contextTokens: wanted.serve.context, concurrency: wanted.serve.concurrency };
    return [{ instance, model, ...(kv === undefined ? {} : { kv }) }];
  });
}
