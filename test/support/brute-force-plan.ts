import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { criticalHead, type PlanFormulas, planFormulas, ringCost } from "./plan-formulas.js";

/** What the best plan costs, and the fewest nodes that reach it. */
export interface BruteForceAnswer {
  readonly latencySec: number;
  /** Only looked for where the objective is the bottleneck; infinite otherwise. */
  readonly periodSec: number;
  readonly nodes: number;
}

const none = Number.POSITIVE_INFINITY;
/** Costs this close were computed along different paths. */
const sameCost = 1e-11;

/** Every ordered selection of nodes that the problem's counts, cordons, pins and links allow, the small ones first. */
export function ordersOf(problem: PlanProblem): readonly (readonly PlanNode[])[] {
  const nodes = problem.nodes.filter((node) => !node.cordoned);
  const formulas = planFormulas(problem);
  let ofSize: readonly (readonly PlanNode[])[] = [[]];
  const orders: (readonly PlanNode[])[] = [];
  for (let size = 1; size <= Math.min(problem.maxNodes, nodes.length); size += 1) {
    ofSize = ofSize.flatMap((order) => nodes.filter((node) => !order.includes(node)).map((node) => [...order, node]));
    if (size >= problem.minNodes) orders.push(...ofSize);
  }
  return orders
    .filter((order) => problem.pins.every((pin) => order.some((node) => node.name === pin.node)))
    .filter((order) => ringCost(formulas, order).sec < none);
}

/** What each node needs for each single layer. Worked out once per problem. */
function prepare(problem: PlanProblem) {
  const formulas = planFormulas(problem);
  const layers = Array.from({ length: problem.model.layers }, (_, layer) => layer);
  const nodes = new Map(
    problem.nodes.map((node) => {
      const pin = problem.pins.find((candidate) => candidate.node === node.name)?.layers;
      const isTaken = (layer: number): boolean =>
        problem.pins.some(
          (other) => other.node !== node.name && other.layers.start <= layer && layer < other.layers.end,
        );
      const seconds = layers.map((layer) => formulas.layerSec(node, layer));
      return [node.name, { pin, taken: layers.map(isTaken), seconds }] as const;
    }),
  );
  return { formulas, nodes, bytes: layers.map(formulas.layerBytes) };
}

interface SplitTable {
  /** `[end]`: least sum of stage times over all boundaries so far. */
  readonly sums: readonly number[];
  /** `[end]`: least longest stage. */
  readonly longest: readonly number[];
}

/** The tables after one more stage, none of which may take longer than the limit. */
function addStage(
  prepared: ReturnType<typeof prepare>,
  before: SplitTable,
  order: readonly PlanNode[],
  rank: number,
  stageLimit: number,
): SplitTable {
  const node = order[rank] as PlanNode;
  const facts = prepared.nodes.get(node.name);
  if (facts === undefined) throw new Error(`no facts of ${node.name}`);
  const { pin, taken, seconds } = facts;
  const head = prepared.formulas.hasHead(rank, order.length) ? prepared.formulas.headSec(node) : 0;
  const fixed = node.reserveBytes + prepared.formulas.fixedBytes(rank, order.length);
  const sums = before.sums.map(() => none);
  const longest = before.sums.map(() => none);
  for (let start = 0; start < seconds.length; start += 1) {
    if (before.sums[start] === none) continue;
    let sec = 0;
    let bytes = fixed;
    for (let end = start + 1; end <= seconds.length; end += 1) {
      sec += seconds[end - 1] as number;
      bytes += prepared.bytes[end - 1] as number;
      if (bytes > node.budgetBytes || taken[end - 1] === true || sec + head > stageLimit) break;
      if (pin !== undefined && (pin.start !== start || pin.end !== end)) continue;
      sums[end] = Math.min(sums[end] as number, (before.sums[start] as number) + sec);
      longest[end] = Math.min(longest[end] as number, Math.max(before.longest[start] as number, sec + head));
    }
  }
  return { sums, longest };
}

/** Least sum of stage times, and least longest stage, over all boundaries of one order under a limit on each stage. */
function bestSplit(prepared: ReturnType<typeof prepare>, order: readonly PlanNode[], stageLimit: number) {
  const layers = prepared.bytes.length;
  const start = [0, ...Array<number>(layers).fill(none)];
  let table: SplitTable = { sums: start, longest: start };
  for (let rank = 0; rank < order.length; rank += 1) table = addStage(prepared, table, order, rank, stageLimit);
  return { sum: table.sums[layers] as number, longest: table.longest[layers] as number };
}

function latencyOf(problem: PlanProblem, formulas: PlanFormulas, order: readonly PlanNode[], sum: number): number {
  return sum + ringCost(formulas, order).sec + formulas.headSec(criticalHead(problem, order));
}

/**
 * The best pipeline by trying every subset and order with a boundary table each.
 *
 * @returns undefined when no placement at all meets the problem's conditions
 */
export function bruteForcePlan(problem: PlanProblem): BruteForceAnswer | undefined {
  const prepared = prepare(problem);
  const { formulas } = prepared;
  const orders = ordersOf(problem);
  let periodSec = none;
  if (problem.objective === "bottleneck") {
    for (const order of orders) {
      const { longest } = bestSplit(prepared, order, none);
      periodSec = Math.min(periodSec, Math.max(ringCost(formulas, order).transferSec, longest));
    }
  }
  const limit = periodSec * (1 + sameCost);
  let best: BruteForceAnswer | undefined;
  for (const order of orders) {
    if (ringCost(formulas, order).transferSec > limit) continue;
    const latencySec = latencyOf(problem, formulas, order, bestSplit(prepared, order, limit).sum);
    const least = best === undefined ? Number.MAX_VALUE : best.latencySec * (1 - sameCost);
    if (latencySec < least) best = { latencySec, periodSec, nodes: order.length };
  }
  return best;
}
