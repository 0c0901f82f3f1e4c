import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { type BruteForceAnswer, ordersOf } from "./brute-force-plan.js";
import { criticalHead, planFormulas, ringCost } from "./plan-formulas.js";

const sameCost = 1e-11;

/** Every way to cut `layers` layers into `parts` blocks of at least one, as ends. */
function splitsOf(layers: number, parts: number): readonly (readonly number[])[] {
  if (parts === 1) return [[layers]];
  return Array.from({ length: layers - parts + 1 }, (_, index) => index + 1).flatMap((end) =>
    splitsOf(layers - end, parts - 1).map((rest) => [end, ...rest.map((later) => later + end)]),
  );
}

/** Layer by layer what each node takes, so that a placement is a plain sum. */
function createCostOf(problem: PlanProblem) {
  const formulas = planFormulas(problem);
  const layers = Array.from({ length: problem.model.layers }, (_, layer) => layer);
  const bytes = layers.map(formulas.layerBytes);
  const seconds = new Map(problem.nodes.map((node) => [node, layers.map((layer) => formulas.layerSec(node, layer))]));
  const isPinned = (node: PlanNode, start: number, end: number): boolean =>
    problem.pins.every((pin) => pin.node !== node.name || (pin.layers.start === start && pin.layers.end === end));

  /** @returns undefined where a block does not fit or is not as pinned */
  return (order: readonly PlanNode[], ends: readonly number[]) => {
    const ring = ringCost(formulas, order);
    let latencySec = ring.sec + formulas.headSec(criticalHead(problem, order));
    let periodSec = ring.transferSec;
    for (const [rank, node] of order.entries()) {
      const [start, end] = [ends[rank - 1] ?? 0, ends[rank] ?? 0];
      let sec = 0;
      let need = node.reserveBytes + formulas.fixedBytes(rank, order.length);
      for (let layer = start; layer < end; layer += 1) {
        sec += seconds.get(node)?.[layer] ?? 0;
        need += bytes[layer] ?? 0;
      }
      if (need > node.budgetBytes || !isPinned(node, start, end)) return undefined;
      latencySec += sec;
      periodSec = Math.max(periodSec, sec + (formulas.hasHead(rank, order.length) ? formulas.headSec(node) : 0));
    }
    return { latencySec, periodSec };
  };
}

/**
 * The best pipeline by trying every subset, order and split, each summed up by itself: no table that could hide a mistake.
 * For up to four nodes, which is 172 000 placements of 36 layers.
 */
export function naivePlan(problem: PlanProblem): BruteForceAnswer | undefined {
  const costOf = createCostOf(problem);
  const splits = [1, 2, 3, 4].map((parts) => splitsOf(problem.model.layers, parts));
  const isBottleneck = problem.objective === "bottleneck";
  let best: BruteForceAnswer | undefined;
  for (const order of ordersOf(problem)) {
    for (const ends of splits[order.length - 1] ?? []) {
      const cost = costOf(order, ends);
      if (cost === undefined) continue;
      const periodSec = isBottleneck ? cost.periodSec : Number.POSITIVE_INFINITY;
      const { latencySec } = cost;
      if (best === undefined || isBetter({ latencySec, periodSec }, best)) {
        best = { latencySec, periodSec, nodes: order.length };
      }
    }
  }
  return best;
}

/** Shorter period first, where that is asked for; then shorter step. */
function isBetter(one: Omit<BruteForceAnswer, "nodes">, best: BruteForceAnswer): boolean {
  if (one.periodSec < best.periodSec * (1 - sameCost)) return true;
  if (one.periodSec > best.periodSec * (1 + sameCost)) return false;
  return one.latencySec < best.latencySec * (1 - sameCost);
}
