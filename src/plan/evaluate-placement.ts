import { coversAllLayers, type LayerRange, layerCount } from "../cluster/layer-range.js";
import { heldKvBytes } from "../models/kv-cache.js";
import { fixedBytes } from "../models/model-bytes.js";
import { computesHead, positionOf, vocabularyAt } from "./cost-model.js";
import { type CostTables, prepareTables } from "./cost-tables.js";
import { formatGib } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Stage } from "./plan-result.js";
import type { Reason } from "./reason.js";

/** What a placement costs and needs. */
export interface PlacementEvaluation {
  /** One decode step; infinite when nodes that must talk are not linked, or unknown. */
  readonly latencySec: number;
  /** The slowest stage or link of a step. */
  readonly periodSec: number;
  /** Whether it can run: all layers once, in order, on known and linked nodes, each within its memory. */
  readonly fits: boolean;
  readonly shortfalls: readonly Reason[];
  /** By rank. */
  readonly stages: readonly Stage[];
  /** By rank: seconds of a stage's layers and, where it computes it, of the output head. */
  readonly stageSec: readonly number[];
  /** Sum of all hops of a step. */
  readonly hopsSec: number;
}

/** One stage of a placement, by rank. */
export interface PlacedStage {
  readonly node: string;
  readonly layers: LayerRange;
}

/**
 * Evaluates any placement under the cost model (placement reference 3.2), whether a planner would choose it or not. Cordons,
 * pins and node counts of the problem are not looked at: this is about what a placement does, not whether it was wanted.
 */
export function evaluatePlacement(problem: PlanProblem, placed: readonly PlacedStage[]): PlacementEvaluation {
  const names = new Set(placed.map((stage) => stage.node));
  const tables = prepareTables({ ...problem, nodes: problem.nodes.filter((node) => names.has(node.name)) }, "all");
  const indexOf = new Map(tables.nodes.map((node, index) => [node.name, index]));
  const order = placed.map((stage) => indexOf.get(stage.node) ?? -1);
  const stages = placed.map((stage, rank) => stageBytes(problem, stage, rank, placed.length));
  const hops = hopCosts(tables, order);
  const stageSec = placed.map((stage, rank) => secondsOf(problem, tables, order, stage.layers, rank));
  const first = order[0] ?? -1;
  const criticalHead = problem.outputPolicy === "replicated" ? first : (order.at(-1) ?? -1);
  const head = tables.headSec[criticalHead] ?? Number.POSITIVE_INFINITY;
  const compute = stageSec.reduce((sum, { layersSec }) => sum + layersSec, 0);
  const shortfalls = [
    ...structureShortfalls(problem, placed, order),
    ...stages.flatMap(memoryShortfall),
    ...hops.missing.map(([from, to]) => missingLink(placed, from, to)),
  ];
  return {
    latencySec: head + compute + hops.sec,
    periodSec: Math.max(hops.transferSec, ...stageSec.map((stage) => stage.layersSec + stage.headSec)),
    fits: shortfalls.length === 0,
    shortfalls,
    stages,
    stageSec: stageSec.map((stage) => stage.layersSec + stage.headSec),
    hopsSec: hops.sec,
  };
}

function secondsOf(
  problem: PlanProblem,
  tables: CostTables,
  order: readonly number[],
  layers: LayerRange,
  rank: number,
): { readonly layersSec: number; readonly headSec: number } {
  const node = order[rank] ?? -1;
  const row = tables.layers + 1;
  const until = (layer: number): number =>
    node < 0 || layer > tables.layers ? Number.POSITIVE_INFINITY : (tables.computeSec[node * row + layer] ?? 0);
  const head = computesHead(problem.outputPolicy, positionOf(rank, order.length)) ? (tables.headSec[node] ?? 0) : 0;
  const start = until(layers.start);
  return { layersSec: start === Number.POSITIVE_INFINITY ? start : until(layers.end) - start, headSec: head };
}

function hopCosts(tables: CostTables, order: readonly number[]) {
  const missing: (readonly [from: number, to: number])[] = [];
  let sec = 0;
  let transferSec = 0;
  const rounds = order.length > 1 ? order.length : 0;
  for (let rank = 0; rank < rounds; rank += 1) {
    const isReturn = rank === order.length - 1;
    const to = isReturn ? 0 : rank + 1;
    const at = (order[rank] ?? -1) * tables.nodes.length + (order[to] ?? -1);
    const known = (order[rank] ?? -1) >= 0 && (order[to] ?? -1) >= 0;
    const cost = known ? ((isReturn ? tables.returnSec : tables.hopSec)[at] ?? 0) : Number.POSITIVE_INFINITY;
    sec += cost;
    const transfer = (isReturn ? tables.returnTransferSec : tables.hopTransferSec)[at] ?? 0;
    transferSec = Math.max(transferSec, known ? transfer : Number.POSITIVE_INFINITY);
    if (known && cost === Number.POSITIVE_INFINITY) missing.push([rank, to]);
  }
  return { sec, transferSec, missing };
}

/** The bytes of one stage, as the contract of `plan` lists them. Unknown nodes have a budget of zero. */
export function stageBytes(problem: PlanProblem, placed: PlacedStage, rank: number, stages: number): Stage {
  const { model, workload } = problem;
  const node = problem.nodes.find((candidate) => candidate.name === placed.node);
  let kvBytes = 0;
  for (let layer = placed.layers.start; layer < placed.layers.end; layer += 1) {
    kvBytes += workload.concurrency * heldKvBytes(model, layer, workload.contextTokens);
  }
  return {
    node: placed.node,
    rank,
    startLayer: placed.layers.start,
    endLayer: placed.layers.end,
    weightBytes: layerCount(placed.layers) * model.weightBytesPerLayer,
    kvBytes,
    fixedBytes: fixedBytes(model, vocabularyAt(problem.outputPolicy, positionOf(rank, stages))),
    reserveBytes: node?.reserveBytes ?? 0,
    budgetBytes: node?.budgetBytes ?? 0,
  };
}

function structureShortfalls(
  problem: PlanProblem,
  placed: readonly PlacedStage[],
  order: readonly number[],
): readonly Reason[] {
  const found: Reason[] = [];
  const ranges = placed.map((stage) => stage.layers);
  if (!coversAllLayers(ranges, problem.model.layers)) {
    const message = `The stages do not cover layers 0 to ${problem.model.layers - 1} once and in order.`;
    found.push({ code: "layers_not_covered", message });
  }
  placed.forEach(({ node }, rank) => {
    if (order[rank] === -1) found.push({ code: "unknown_node", node, message: `There is no node named ${node}.` });
    if (placed.findIndex((other) => other.node === node) < rank) {
      found.push({ code: "node_used_twice", node, message: `${node} is given two blocks; exo runs one per node.` });
    }
  });
  return found;
}

/** What a stage lacks in memory, if anything. */
export function memoryShortfall(stage: Stage): readonly Reason[] {
  const needed = stage.weightBytes + stage.kvBytes + stage.fixedBytes + stage.reserveBytes;
  const bytes = needed - stage.budgetBytes;
  if (bytes <= 0) return [];
  const message = `${stage.node} needs ${formatGib(needed)} for layers ${stage.startLayer} to ${stage.endLayer - 1} and has ${formatGib(stage.budgetBytes)}: ${formatGib(bytes)} too little.`;
  return [{ code: "memory", node: stage.node, bytes, message }];
}

function missingLink(placed: readonly PlacedStage[], from: number, to: number): Reason {
  const [source, sink] = [placed[from]?.node ?? "", placed[to]?.node ?? ""];
  return { code: "no_link", node: source, message: `${source} has no link to ${sink}, which is next in the ring.` };
}
