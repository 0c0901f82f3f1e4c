import type { ApplyTarget, TargetStage } from "../apply/target.js";
import type { NodeName } from "../cluster/names.js";
import { nodeName } from "../cluster/names.js";
import { type ClusterSpec, type ModelEntry, settingsOfNode } from "../config/cluster-spec.js";
import type { DeployedInstance, Deployment } from "../inventory/deployment.js";
import type { Inventory, InventoryNode } from "../inventory/inventory.js";
import { entryFor, findModel, findModelById } from "../models/catalogue.js";
import type { ModelSpec } from "../models/model-spec.js";
import { evaluatePlacement, type PlacementEvaluation } from "../plan/evaluate-placement.js";
import { namingLimit, safeShare } from "../plan/memory-limit.js";
import { planCluster } from "../plan/plan-cluster.js";
import type { PlanProblem } from "../plan/plan-problem.js";
import type { PlanResult, Prediction } from "../plan/plan-result.js";
import { problemFromInventory } from "../plan/problem-from-inventory.js";
import { judgeMove } from "../plan/replan.js";
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

/** New placements stay below the memory limit. With modes left to the planner, it sees to that itself. */
export const limitShareOf = ({ serve }: ModelEntry): number =>
  serve.sharding === "auto" || serve.replicas === "auto" ? 1 : safeShare;

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
  const own = deployment.instances.filter((instance) => instance.owner === "ours" && runsModel(instance, entry));
  const held = heldBytes(own.map((instance) => ({ instance, model })));
  const promised = promisedBytes(neighbours(entry, spec, deployment));
  return problemFromInventory(
    inventory,
    { ...serve, model, contextTokens: context },
    {
      headroomBytes: (name) => settingsOfNode(spec, name).headroomBytes,
      heldBytes: (name) => held.get(name) ?? 0,
      promisedBytes: (name) => promised.get(name) ?? 0,
      limitShare,
    },
  );
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

/** Whether an instance serves this model, under our entry's id or the built-in one. */
export function runsModel(instance: DeployedInstance, entry: ModelEntry): boolean {
  const own = entryFor(entry.name, entry.quantization, "own");
  return instance.modelId === own.modelId || instance.modelId === own.weightsOf;
}

/** The planner's answer, and the stages that shall run. */
export interface ModelPlan {
  readonly problem: PlanProblem;
  readonly result: PlanResult;
  /** By rank. Empty when nothing fits. */
  readonly stages: readonly TargetStage[];
  /** What the stages above cost and need. */
  readonly evaluation?: PlacementEvaluation;
  /** Speeds to expect of the stages above. */
  readonly predicted?: Prediction;
  /** `keep`: what runs now stays, since the optimum is not worth a move. */
  readonly verdict: "place" | "keep" | "infeasible";
}

/** Plans a model, and decides whether what runs already is good enough to stay. @param spec with all models that shall run */
export function planModel(
  entry: ModelEntry,
  spec: ClusterSpec,
  inventory: Inventory,
  deployment: Deployment,
): ModelPlan {
  const problem = planningProblem(entry, spec, inventory, deployment, limitShareOf(entry));
  const result = namingLimit(planCluster(problem));
  const running = runningStages(entry, deployment);
  const best = result.kind === "plan" ? result.replicas[0] : undefined;
  if (running !== undefined) {
    // What runs may go on using all of the limit. A node that lost only its agent takes no new layers, and what it serves goes on.
    const inUse = planningProblem(entry, spec, withServingNodes(inventory, running), deployment);
    const evaluation = evaluatePlacement(inUse, running);
    const planned = best?.stages.map(({ node, startLayer, endLayer }) => ({
      node,
      layers: { start: startLayer, end: endLayer },
    }));
    const nodes = running.length >= problem.minNodes && running.length <= problem.maxNodes;
    const stays =
      planned === undefined ? evaluation.fits && nodes : judgeMove(inUse, running, planned).verdict === "keep";
    if (stays)
      return {
        problem,
        result,
        stages: running,
        evaluation,
        ...predictedFor(result, evaluation, problem),
        verdict: "keep",
      };
  }
  if (best === undefined) return { problem, result, stages: [], verdict: "infeasible" };
  const stages = best.stages.map((stage) => ({
    node: nodeName(stage.node),
    layers: { start: stage.startLayer, end: stage.endLayer },
  }));
  const evaluation = evaluatePlacement(problem, stages);
  return { problem, result, stages, evaluation, ...predictedFor(result, evaluation, problem), verdict: "place" };
}

/**
 * The inventory with those nodes of a running placement as ready whose exo answers: one that lost only its agent takes no new
 * layers, and what it serves goes on.
 */
function withServingNodes(inventory: Inventory, running: readonly TargetStage[]): Inventory {
  const serves = ({ name, exo }: InventoryNode): boolean =>
    exo.value.state === "running" &&
    exo.value.address !== undefined &&
    running.some((stage) => stage.node === nodeName(name));
  return { ...inventory, nodes: inventory.nodes.map((node) => (serves(node) ? { ...node, notReady: [] } : node)) };
}

/** The optimum's prediction with the times of the placement that runs; unknown when there is no optimum to go by. */
function predictedFor(
  result: PlanResult,
  { latencySec, periodSec }: PlacementEvaluation,
  { workload }: PlanProblem,
): { readonly predicted?: Prediction } {
  if (result.kind !== "plan") return {};
  const aggregateTokensPerSec = workload.batch / latencySec;
  return {
    predicted: {
      ...result.predicted,
      latencySec,
      periodSec,
      decodeTokensPerSec: 1 / latencySec,
      aggregateTokensPerSec,
    },
  };
}

/** The placement of our ready instance of this model, the first by id, when there is one and all its nodes are known. */
function runningStages(entry: ModelEntry, deployment: Deployment): readonly TargetStage[] | undefined {
  const instance = deployment.instances.find(
    (candidate) => candidate.owner === "ours" && candidate.health.state === "ready" && runsModel(candidate, entry),
  );
  const stages = instance?.stages.flatMap(({ node, layers }) => (node === undefined ? [] : [{ node, layers }]));
  return stages?.length === instance?.stages.length ? stages : undefined;
}

/** The plan as what `apply` shall reach. */
export function targetOf(
  entry: ModelEntry,
  plan: ModelPlan,
  where: { readonly clusterId: string; readonly generation: number; readonly entryMode: "own" | "builtin" },
): ApplyTarget {
  return {
    ...where,
    servedName: entry.name,
    entry: entryFor(entry.name, entry.quantization, "own"),
    stages: plan.stages,
  };
}

/** Names of nodes that an admin has taken out: in the cluster file or by command. */
export function cordonedNodes(
  spec: ClusterSpec,
  members: readonly { name: NodeName; cordoned: boolean }[],
): Set<string> {
  const inFile = [...spec.nodes.named].filter(([, settings]) => settings.cordon).map(([name]) => name);
  return new Set([...inFile, ...members.filter((member) => member.cordoned).map((member) => member.name)]);
}
