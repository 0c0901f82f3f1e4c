import { findBlockEnds } from "./block-ends.js";
import { createCompletionBound } from "./completion-bound.js";
import { computesHead } from "./cost-model.js";
import type { CostTables } from "./cost-tables.js";
import { greedyOrder } from "./greedy-order.js";
import { improveOrder } from "./improve-order.js";
import { leastSecInOrder, placeInOrder } from "./place-in-order.js";
import type { PlanProblem } from "./plan-problem.js";
import type { FoundOrder } from "./search-orders.js";
import type { PlacementAnswer } from "./search-placement.js";
import { latencySpace, type SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";

/** Halvings of the interval of periods: to a millionth of it. */
const halvings = 20;

/** The most layers of one block of each node, by rising layer cost: of the dearest kind only, then of any kind. */
function mostPerNode(space: SearchSpace, counted: (layer: number) => boolean): readonly number[] {
  const { nodeCount, layers, ends } = space;
  const row = layers + 1;
  const upTo = Int32Array.from({ length: row }, () => 0);
  for (let layer = 0; layer < layers; layer += 1) upTo[layer + 1] = (upTo[layer] ?? 0) + (counted(layer) ? 1 : 0);
  return Array.from({ length: nodeCount }, (_, node) => {
    let most = 0;
    for (const { far } of Object.values(ends)) {
      for (let start = 0; start < layers; start += 1) {
        most = Math.max(most, (upTo[far[node * row + start] ?? 0] ?? 0) - (upTo[start] ?? 0));
      }
    }
    return most;
  });
}

/** Whether blocks within a period could cover all layers, links and places aside: a period where they can't is refuted. */
function couldCover(space: SearchSpace, maxNodes: number): boolean {
  const { layers, readBytes } = space;
  const bytesOf = (layer: number): number => (readBytes[layer + 1] ?? 0) - (readBytes[layer] ?? 0);
  const dearest = Math.max(...Array.from({ length: layers }, (_, layer) => bytesOf(layer))) * (1 - 1e-9);
  const all = Array.from({ length: layers }, (_, layer) => layer);
  return [(layer: number) => bytesOf(layer) >= dearest, () => true].every((counted) => {
    const most = mostPerNode(space, counted).toSorted((left, right) => right - left);
    return most.slice(0, maxNodes).reduce((sum, count) => sum + count, 0) >= all.filter(counted).length;
  });
}

/** The longest stage or link of a placement. */
function periodOf(problem: PlanProblem, tables: CostTables, order: readonly number[], ends: readonly number[]): number {
  const size = tables.nodes.length;
  const row = tables.layers + 1;
  const stages = order.map((node, rank) => {
    const isHead = computesHead(problem.outputPolicy, rank === order.length - 1 ? "last" : "middle");
    const start = ends[rank - 1] ?? 0;
    const sec = (tables.computeSec[node * row + (ends[rank] ?? 0)] ?? 0) - (tables.computeSec[node * row + start] ?? 0);
    return sec + (isHead ? (tables.headSec[node] ?? 0) : 0);
  });
  if (order.length === 1) return Math.max(...stages);
  const links = order.map((from, rank) => {
    const next = order[rank + 1];
    return next === undefined
      ? (tables.returnTransferSec[from * size + (order[0] ?? 0)] ?? 0)
      : (tables.hopTransferSec[from * size + next] ?? 0);
  });
  return Math.max(...stages, ...links);
}

/**
 * The best period of a large cluster: the smallest one for which nodes taken greedily cover the layers, with the gap to the
 * smallest one that is not refuted by counting layers. The step time is then improved by local search within that period.
 */
export function searchPeriodLarge(problem: PlanProblem, tables: CostTables, sizes: SizeRange): PlacementAnswer {
  const spaceAt = (periodSec?: number): SearchSpace =>
    latencySpace(problem, tables, findBlockEnds(problem, tables, periodSec), periodSec);
  const start = greedyOrder(spaceAt(), sizes);
  if (start === undefined) return "exhausted";
  const startEnds = placeInOrder(spaceAt(), start.order, Number.MAX_VALUE) ?? [];
  const longest = periodOf(problem, tables, start.order, startEnds);
  const least = smallest(0, longest, (periodSec) => couldCover(spaceAt(periodSec), sizes.maxNodes));
  let found: FoundOrder = start;
  const reached = smallest(least.refuted, longest, (periodSec) => {
    const order = greedyOrder(spaceAt(periodSec), sizes);
    if (order !== undefined) found = order;
    return order !== undefined;
  });
  const space = spaceAt(reached.holds);
  const first = { order: found.order, sec: leastSecInOrder(space, found.order) };
  const best = improveOrder(space, createCompletionBound(space), first, sizes);
  const ends = placeInOrder(space, best.order, best.sec * (1 + 1e-12));
  if (ends === undefined) return "exhausted";
  const periodSec = periodOf(problem, tables, best.order, ends);
  const gap = Math.max(0, (periodSec - least.refuted) / periodSec);
  return { placement: { order: best.order, ends }, optimal: { gap } };
}

/** Halves the interval between a period that is refuted and one that holds. */
function smallest(low: number, high: number, holds: (periodSec: number) => boolean) {
  let [refuted, known] = [low, high];
  for (let round = 0; round < halvings; round += 1) {
    const middle = (refuted + known) / 2;
    if (holds(middle)) known = middle;
    else refuted = middle;
  }
  return { refuted, holds: known };
}
