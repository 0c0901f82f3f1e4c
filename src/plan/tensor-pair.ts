import { heldKvBytes, readKvBytes } from "../models/kv-cache.js";
import { distinctExperts, fixedBytes, readWeightBytes } from "../models/model-bytes.js";
import type { ModelSpec } from "../models/model-spec.js";
import { headSec } from "./cost-model.js";
import { memoryShortfall, type PlacedStage, type PlacementEvaluation } from "./evaluate-placement.js";
import { haveRdma, rdmaPairs } from "./link-kinds.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Stage } from "./plan-result.js";
import type { Reason } from "./reason.js";

/** Members of a tensor group: more are not known to work with gpt-oss. */
const members = 2;
/** One all-reduce between two nodes over RDMA, as tuned MLX does it (placement reference 3.5). exo of late 2025: 45 µs. */
export const allReduceSec = 25e-6;
const allReducesPerLayer = 2;

/** Whether the model's shapes can be split over two nodes. */
export const mayShard = (model: ModelSpec): boolean => model.tensor?.ways.includes(members) ?? false;

/** Pairs that can run the model by tensor parallelism; none when layers are pinned, since each member runs all of them. */
export function tensorPairs(problem: PlanProblem): readonly (readonly [one: string, other: string])[] {
  const sizes = problem.minNodes <= members && members <= problem.maxNodes;
  return mayShard(problem.model) && sizes && problem.pins.length === 0 ? rdmaPairs(problem) : [];
}

const sumOver = (layers: number, ofLayer: (layer: number) => number): number =>
  Array.from({ length: layers }, (_, layer) => ofLayer(layer)).reduce((sum, value) => sum + value, 0);

/** Bytes that one member reads per step in all layers: what is replicated, and its share of the rest. */
function readBytesOfMember(problem: PlanProblem): number {
  const { model, workload } = problem;
  const { contextTokens, batch } = workload;
  const split = model.tensor;
  const shared = split ? split.denseBytesPerLayer + distinctExperts(model, batch) * split.expertBytes : 0;
  const kv = sumOver(model.layers, (layer) => batch * readKvBytes(model, layer, contextTokens));
  return model.layers * (readWeightBytes(model, batch) - shared + shared / members) + kv / members;
}

/** Weights of the layers that one member holds: what is replicated, and its share of the rest. */
export function memberWeightBytes(model: ModelSpec): number {
  const split = model.tensor;
  const shared = split ? split.denseBytesPerLayer + model.experts * split.expertBytes : 0;
  return Math.ceil(model.layers * (model.weightBytesPerLayer - shared + shared / members));
}

/** KV caches that one member has to have room for. */
export function memberKvBytes(model: ModelSpec, contextTokens: number, concurrency: number): number {
  const kv = sumOver(model.layers, (layer) => concurrency * heldKvBytes(model, layer, contextTokens));
  return Math.ceil(kv / members);
}

function memberStage(problem: PlanProblem, node: PlanNode, rank: number): Stage {
  const { model, workload } = problem;
  return {
    node: node.name,
    rank,
    startLayer: 0,
    endLayer: model.layers,
    weightBytes: memberWeightBytes(model),
    kvBytes: memberKvBytes(model, workload.contextTokens, workload.concurrency),
    fixedBytes: fixedBytes(model, "both"),
    reserveBytes: node.reserveBytes,
    budgetBytes: node.budgetBytes,
  };
}

/** The members of a pair as stages: each runs its half of every layer. */
export const tensorPlacement = (problem: PlanProblem, pair: readonly string[]): readonly PlacedStage[] =>
  pair.map((node) => ({ node, layers: { start: 0, end: problem.model.layers } }));

/** What two nodes with RDMA cost and need as a tensor pair (placement reference 3.4). The slower member sets the pace of every layer. */
export function evaluateTensorPair(problem: PlanProblem, pair: readonly string[]): PlacementEvaluation {
  const { model } = problem;
  const nodes = pair.flatMap((name) => problem.nodes.filter((node) => node.name === name));
  const slowest = {
    effBytesPerSec: Math.min(...nodes.map((node) => node.effBytesPerSec)),
    overheadSecPerLayer: Math.max(...nodes.map((node) => node.overheadSecPerLayer)),
  };
  const layersSec = model.layers * slowest.overheadSecPerLayer + readBytesOfMember(problem) / slowest.effBytesPerSec;
  const hopsSec = allReducesPerLayer * model.layers * allReduceSec;
  const latencySec = layersSec + headSec(slowest, model) + hopsSec;
  const stages = nodes.map((node, rank) => memberStage(problem, node, rank));
  const shortfalls = stages.flatMap(memoryShortfall);
  return {
    latencySec,
    periodSec: latencySec,
    fits: shortfalls.length === 0,
    shortfalls,
    stages,
    stageSec: stages.map(() => latencySec - hopsSec),
    hopsSec,
  };
}

/** Why these nodes are no pair: members that are not there, or do not reach each other as a pair has to. */
export function pairShortfalls(problem: PlanProblem, pair: readonly string[]): readonly Reason[] {
  const [one = "", other = ""] = pair;
  const unknown = pair.filter((name) => !problem.nodes.some((node) => node.name === name));
  const reasons = unknown.map((node) => ({ code: "unknown_node", node, message: `There is no node named ${node}.` }));
  if (pair.length === members && haveRdma(problem, one, other)) return reasons;
  return [
    ...reasons,
    { code: "no_rdma", node: one, message: `${pair.join(" and ")} are no pair with RDMA both ways.` },
  ];
}
