import type { ModelSpec } from "../../src/models/model-spec.js";
import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";

/*
 * The formulas of placement reference 3.1, 3.2, 3.4 and 4.1, written out once more: what the planner is checked against
 * shares no code with it.
 */

/** A stage by node and layers, end excluded. */
export interface FormulaStage {
  readonly node: PlanNode;
  readonly start: number;
  readonly end: number;
}

export interface FormulaCost {
  readonly latencySec: number;
  readonly periodSec: number;
}

/** Seconds of a hop, and those of them that the payload takes. Infinite where there is no link. */
interface LinkCost {
  readonly sec: number;
  readonly transferSec: number;
}

const distinctExperts = ({ experts, expertsPerToken }: ModelSpec, batch: number): number =>
  experts * (1 - (1 - expertsPerToken / experts) ** batch);

const isFull = ({ fullAttentionLayers }: ModelSpec, layer: number): boolean =>
  fullAttentionLayers === "odd" ? layer % 2 === 1 : fullAttentionLayers.includes(layer);

/** KV bytes that one step reads in a layer for one sequence. */
const readKv = (model: ModelSpec, layer: number, tokens: number): number =>
  model.kvBytesPerTokenPerLayer * (isFull(model, layer) ? tokens : Math.min(tokens, model.slidingWindow));

/** KV bytes that a layer keeps for one sequence. */
function heldKv(model: ModelSpec, layer: number, tokens: number): number {
  const held = isFull(model, layer) ? Math.ceil(tokens / model.kvStepTokens) * model.kvStepTokens : model.slidingWindow;
  return model.kvBytesPerTokenPerLayer * held;
}

/** What single layers, matrices and links of a problem cost and need. */
export interface PlanFormulas {
  layerSec(node: PlanNode, layer: number): number;
  layerBytes(layer: number): number;
  /** Embedding, head and norm on the stage of a rank. */
  fixedBytes(rank: number, stages: number): number;
  headSec(node: PlanNode): number;
  /** Whether a stage computes the head in every step: what counts for the period. */
  hasHead(rank: number, stages: number): boolean;
  /** From one rank to the next. */
  hop(from: PlanNode, to: PlanNode): LinkCost;
  /** From the last rank to the first. */
  home(from: PlanNode, to: PlanNode): LinkCost;
}

export function planFormulas(problem: PlanProblem): PlanFormulas {
  const { model, workload, outputPolicy } = problem;
  const { contextTokens, concurrency, batch } = workload;
  const replicated = outputPolicy === "replicated";
  const weights = model.denseBytesPerLayer + distinctExperts(model, batch) * model.expertBytes;
  const head = model.headBytes + model.normBytes;
  const link = (from: PlanNode, to: PlanNode, payload: number): LinkCost => {
    const found = problem.links.find((one) => one.from === from.name && one.to === to.name) ?? problem.defaultLink;
    if (found === undefined) return { sec: Number.POSITIVE_INFINITY, transferSec: Number.POSITIVE_INFINITY };
    return { sec: found.alphaSec + payload / found.bytesPerSec, transferSec: payload / found.bytesPerSec };
  };
  return {
    layerSec: (node, layer) =>
      node.overheadSecPerLayer + (weights + batch * readKv(model, layer, contextTokens)) / node.effBytesPerSec,
    layerBytes: (layer) => model.weightBytesPerLayer + concurrency * heldKv(model, layer, contextTokens),
    fixedBytes: (rank, stages) => {
      if (replicated) return model.embedBytes + head;
      return (rank === 0 ? model.embedBytes : 0) + (rank === stages - 1 ? head : 0);
    },
    headSec: (node) => model.headBytes / node.effBytesPerSec,
    hasHead: (rank, stages) => replicated || rank === stages - 1,
    hop: (from, to) => link(from, to, batch * model.hiddenBytes),
    home: (from, to) => link(from, to, replicated ? batch * model.hiddenBytes : 4 * batch),
  };
}

/** All links of a ring together, and the slowest payload among them. */
export function ringCost({ hop, home }: PlanFormulas, order: readonly PlanNode[]): LinkCost {
  const [first] = order;
  if (first === undefined || order.length === 1) return { sec: 0, transferSec: 0 };
  const links = order.map((node, rank) => {
    const next = order[rank + 1];
    return next === undefined ? home(node, first) : hop(node, next);
  });
  return {
    sec: links.reduce((sum, one) => sum + one.sec, 0),
    transferSec: Math.max(...links.map((one) => one.transferSec)),
  };
}

/** The node whose head is on the critical path: rank 0 today, the last rank under `tail`. */
export const criticalHead = (problem: PlanProblem, order: readonly PlanNode[]): PlanNode =>
  (problem.outputPolicy === "replicated" ? order[0] : order.at(-1)) as PlanNode;

/** Bytes that a stage of a pipeline needs, the reserve included. */
export function stageNeed(formulas: PlanFormulas, stage: FormulaStage, rank: number, stages: number): number {
  let bytes = stage.node.reserveBytes + formulas.fixedBytes(rank, stages);
  for (let layer = stage.start; layer < stage.end; layer += 1) bytes += formulas.layerBytes(layer);
  return bytes;
}

/** Whether two nodes have RDMA both ways: by kind, or at most 0.8 ms and at least 4 GB/s where none is named. */
function isRdmaPair(problem: PlanProblem, one: PlanNode, other: PlanNode): boolean {
  const carries = (from: PlanNode, to: PlanNode): boolean =>
    problem.links.some(
      (link) =>
        link.from === from.name &&
        link.to === to.name &&
        (link.kind === undefined ? link.alphaSec <= 0.0008 && link.bytesPerSec >= 4e9 : link.kind === "rdma"),
    );
  return carries(one, other) && carries(other, one);
}

/** Step time of a tensor pair; undefined where it may not be one, or one member is too small. */
export function tensorPairSec(problem: PlanProblem, one: PlanNode, other: PlanNode): number | undefined {
  const { model, workload } = problem;
  const { contextTokens, concurrency, batch } = workload;
  const split = model.tensor;
  if (split === undefined || !split.ways.includes(2) || problem.pins.length > 0) return undefined;
  if (!isRdmaPair(problem, one, other)) return undefined;
  const layers = Array.from({ length: model.layers }, (_, layer) => layer);
  const total = (of: (layer: number) => number): number => layers.reduce((sum, layer) => sum + of(layer), 0);
  const stored = model.weightBytesPerLayer - (split.denseBytesPerLayer + model.experts * split.expertBytes) / 2;
  const kept =
    Math.ceil(model.layers * stored) + total((layer) => concurrency * heldKv(model, layer, contextTokens)) / 2;
  const fixed = model.embedBytes + model.headBytes + model.normBytes;
  if ([one, other].some((node) => kept + fixed + node.reserveBytes > node.budgetBytes)) return undefined;
  const distinct = distinctExperts(model, batch);
  const whole = model.denseBytesPerLayer + distinct * model.expertBytes;
  const halved = split.denseBytesPerLayer + distinct * split.expertBytes;
  const read = total((layer) => whole - halved / 2 + (batch * readKv(model, layer, contextTokens)) / 2);
  const slowest = Math.min(one.effBytesPerSec, other.effBytesPerSec);
  const overhead = Math.max(one.overheadSecPerLayer, other.overheadSecPerLayer);
  return model.layers * overhead + (read + model.headBytes) / slowest + 2 * model.layers * 25e-6;
}
