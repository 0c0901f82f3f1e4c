import type { ApplyTarget, TargetCopy } from "../apply/target.js";
import { isRunAs } from "../cluster/copy-entry.js";
import { type NodeName, nodeName } from "../cluster/names.js";
import type { ClusterSpec, ModelEntry } from "../config/cluster-spec.js";
import type { DeployedInstance, Deployment } from "../inventory/deployment.js";
import type { Inventory, InventoryNode } from "../inventory/inventory.js";
import type { KnownModel } from "../models/known-models.js";
import { evaluateCopy, type PlacedCopy } from "../plan/evaluate-copy.js";
import type { PlacementEvaluation } from "../plan/evaluate-placement.js";
import { namingLimit } from "../plan/memory-limit.js";
import { planCluster } from "../plan/plan-cluster.js";
import type { PlanProblem } from "../plan/plan-problem.js";
import type { PlanResult, Prediction, Replica } from "../plan/plan-result.js";
import { settleCopies } from "../plan/settle-copies.js";
import { type KnownSpec, knownModel, limitShareOf, planningProblem } from "./planning-problem.js";

/** A copy that shall run, and what it costs and needs. */
export interface PlannedCopy extends TargetCopy {
  readonly evaluation: PlacementEvaluation;
}

/** The planner's answer, and the copies that shall run. */
export interface ModelPlan {
  readonly problem: PlanProblem;
  readonly result: PlanResult;
  /** Empty when nothing fits. */
  readonly copies: readonly PlannedCopy[];
  /** Speeds to expect of the copies above. */
  readonly predicted?: Prediction;
  /** `keep`: what runs now stays, since the optimum is not worth a move. `extend`: it stays, and copies come beside it. */
  readonly verdict: "place" | "keep" | "extend" | "infeasible";
}

/** Plans a model, and decides whether what runs already is good enough to stay. @param spec with all models that shall run */
export function planModel(entry: ModelEntry, spec: KnownSpec, inventory: Inventory, deployment: Deployment): ModelPlan {
  const problem = planningProblem(entry, spec, inventory, deployment, limitShareOf(entry));
  const result = namingLimit(planCluster(problem));
  const running = runningCopies(knownModel(entry, spec.known), deployment);
  // What runs may go on using all of the limit. A node that lost only its agent takes no new layers, and what it serves goes on.
  const inUse = planningProblem(entry, spec, withServingNodes(inventory, running), deployment);
  const { verdict, copies } = settleCopies(problem, inUse, running, result.replicas.map(placedCopy));
  if (copies.length === 0) return { problem, result, copies: [], verdict: "infeasible" };
  const settled = copies.map((copy) => plannedCopy(verdict === "place" ? problem : inUse, copy));
  return { problem, result, copies: settled, ...predictedFor(result, settled, problem), verdict };
}

const placedCopy = ({ sharding, stages }: Replica): PlacedCopy => ({
  sharding,
  placed: stages.map(({ node, startLayer, endLayer }) => ({ node, layers: { start: startLayer, end: endLayer } })),
});

const plannedCopy = (problem: PlanProblem, copy: PlacedCopy): PlannedCopy => ({
  sharding: copy.sharding,
  stages: copy.placed.map(({ node, layers }) => ({ node: nodeName(node), layers })),
  evaluation: evaluateCopy(problem, copy),
});

/**
 * The inventory with those nodes of running copies as ready whose exo answers: one that lost only its agent takes no new
 * layers, and what it serves goes on.
 */
function withServingNodes(inventory: Inventory, running: readonly PlacedCopy[]): Inventory {
  const serving = new Set(running.flatMap((copy) => copy.placed.map((stage) => stage.node)));
  const serves = ({ name, exo }: InventoryNode): boolean =>
    exo.value.state === "running" && exo.value.address !== undefined && serving.has(name);
  return { ...inventory, nodes: inventory.nodes.map((node) => (serves(node) ? { ...node, notReady: [] } : node)) };
}

/** The optimum's prediction with the times of the copies that shall run; unknown when there is no optimum to go by. */
function predictedFor(
  result: PlanResult,
  copies: readonly PlannedCopy[],
  { workload }: PlanProblem,
): { readonly predicted?: Prediction } {
  const fastest = copies
    .map((copy) => copy.evaluation)
    .toSorted((left, right) => left.latencySec - right.latencySec)[0];
  if (result.kind !== "plan" || fastest === undefined) return {};
  const { latencySec, periodSec } = fastest;
  return {
    predicted: {
      ...result.predicted,
      latencySec,
      periodSec,
      decodeTokensPerSec: 1 / latencySec,
      aggregateTokensPerSec: copies.reduce((sum, copy) => sum + workload.batch / copy.evaluation.latencySec, 0),
    },
  };
}

/** Our ready instances of this model, by id, of which all nodes are known. */
const runningCopies = ({ entry }: KnownModel, deployment: Deployment): readonly PlacedCopy[] =>
  deployment.instances
    .filter(({ owner, health, modelId }) => owner === "ours" && health.state === "ready" && isRunAs(entry, modelId))
    .flatMap(runningCopy);

function runningCopy({ sharding, stages }: DeployedInstance): PlacedCopy[] {
  const placed = stages.flatMap(({ node, layers }) => (node === undefined ? [] : [{ node, layers }]));
  const known = placed.length === stages.length;
  return known && (sharding === "pipeline" || sharding === "tensor") ? [{ sharding, placed }] : [];
}

/** Whether a planned copy is this instance: split alike, with the same layers on the same nodes. */
export const isPlanOf = ({ sharding, evaluation }: PlannedCopy, instance: DeployedInstance): boolean =>
  sharding === instance.sharding &&
  evaluation.stages.length === instance.stages.length &&
  instance.stages.every(({ node, layers }) =>
    evaluation.stages.some(
      (stage) => stage.node === node && stage.startLayer === layers.start && stage.endLayer === layers.end,
    ),
  );

/** The plan as what `apply` shall reach. */
export function targetOf(
  entry: ModelEntry,
  model: KnownModel,
  plan: ModelPlan,
  where: { readonly clusterId: string; readonly generation: number },
): ApplyTarget {
  return {
    ...where,
    servedName: entry.name,
    entry: model.entry,
    weights: model.weights,
    ...(entry.source.kind === "node" ? { weightsFrom: nodeName(entry.source.node) } : {}),
    entryMode: entry.entry,
    copies: plan.copies.map(({ sharding, stages }) => ({ sharding, stages })),
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
