import type { ApplyTarget, TargetStage } from "../apply/target.js";
import type { NodeName } from "../cluster/names.js";
import { nodeName } from "../cluster/names.js";
import { type ClusterSpec, type ModelEntry, settingsOfNode } from "../config/cluster-spec.js";
import type { DeployedInstance, Deployment } from "../inventory/deployment.js";
import type { Inventory } from "../inventory/inventory.js";
import { entryFor, findModel } from "../models/catalogue.js";
import type { ModelSpec } from "../models/model-spec.js";
import { evaluatePlacement, type PlacementEvaluation } from "../plan/evaluate-placement.js";
import { planCluster } from "../plan/plan-cluster.js";
import type { PlanProblem } from "../plan/plan-problem.js";
import type { PlanResult, Prediction } from "../plan/plan-result.js";
import { problemFromInventory } from "../plan/problem-from-inventory.js";
import { judgeMove } from "../plan/replan.js";
import { Problem } from "../runtime/problem.js";

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

/** What the planner is asked for one model on the cluster as it is. */
export function planningProblem(
  entry: ModelEntry,
  spec: ClusterSpec,
  inventory: Inventory,
  deployment: Deployment,
): PlanProblem {
  const model = modelSpecOf(entry);
  const { context, ...serve } = entry.serve;
  const held = heldBytes(entry, model, deployment);
  return problemFromInventory(
    inventory,
    { ...serve, model, contextTokens: context },
    {
      headroomBytes: (name) => settingsOfNode(spec, name).headroomBytes,
      heldBytes: (name) => held.get(name) ?? 0,
    },
  );
}

/** What our instances of this model hold of each node's memory: theirs to use again. */
function heldBytes(entry: ModelEntry, model: ModelSpec, deployment: Deployment): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const instance of deployment.instances) {
    if (instance.owner !== "ours" || !runsModel(instance, entry)) continue;
    for (const { node, runner, layers, progress } of instance.stages) {
      const loaded = runner === "loading" ? (progress?.layersLoaded ?? 0) : layers.end - layers.start;
      if (node === undefined || !holdsWeights.has(runner)) continue;
      const bytes = loaded * model.weightBytesPerLayer + model.embedBytes + model.headBytes + model.normBytes;
      held.set(node, (held.get(node) ?? 0) + bytes);
    }
  }
  return held;
}

const holdsWeights: ReadonlySet<string> = new Set(["loading", "loaded", "warming-up", "ready", "running"]);

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

/** Plans a model, and decides whether what runs already is good enough to stay. */
export function planModel(
  entry: ModelEntry,
  spec: ClusterSpec,
  inventory: Inventory,
  deployment: Deployment,
): ModelPlan {
  const problem = planningProblem(entry, spec, inventory, deployment);
  const result = planCluster(problem);
  const running = runningStages(entry, deployment);
  const best = result.kind === "plan" ? result.replicas[0] : undefined;
  if (running !== undefined) {
    const evaluation = evaluatePlacement(problem, running);
    const planned = best?.stages.map(({ node, startLayer, endLayer }) => ({
      node,
      layers: { start: startLayer, end: endLayer },
    }));
    const nodes = running.length >= problem.minNodes && running.length <= problem.maxNodes;
    const stays =
      planned === undefined ? evaluation.fits && nodes : judgeMove(problem, running, planned).verdict === "keep";
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

/** The placement of our ready instance of this model, when there is exactly such a one and all its nodes are known. */
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
