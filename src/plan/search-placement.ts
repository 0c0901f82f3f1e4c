import { findBlockEnds } from "./block-ends.js";
import { type CompletionBound, createCompletionBound } from "./completion-bound.js";
import type { CostTables } from "./cost-tables.js";
import { greedyOrder } from "./greedy-order.js";
import { leastSecInOrder, placeInOrder } from "./place-in-order.js";
import type { PlanProblem } from "./plan-problem.js";
import { type FoundOrder, leastSecOfSize, searchOrders, tieTolerance, type WorkBudget } from "./search-orders.js";
import { feasibilitySpace, latencySpace, type SearchSpace } from "./search-space.js";
import { type SizeRange, sizeRange } from "./size-range.js";
import { createSubsetCosts } from "./subset-costs.js";
import { createSubsetReach, mostSubsetNodes, type SubsetReach } from "./subset-reach.js";

/** Who runs what: node numbers of the tables and the end layer of each, by rank. */
export interface Placement {
  readonly order: readonly number[];
  readonly ends: readonly number[];
}

export interface FoundPlacement {
  readonly placement: Placement;
  /** True, or by what fraction of the objective a better plan may exist. */
  readonly optimal: true | { readonly gap: number };
}

/** `exhausted`: nothing found, but the search was cut short, so there may be a plan. */
export type PlacementAnswer = FoundPlacement | "none" | "exhausted";

/**
 * The cheapest placement of a space. Among equal ones: fewest nodes, then the least sequence of names by rank, then
 * the lowest boundaries.
 *
 * @param known an order that is known to have a placement: then there is always an answer
 * @param reach of the same space: worth its time where stages are tightly limited
 */
export function searchSpaceFor(
  space: SearchSpace,
  sizes: SizeRange,
  work: WorkBudget,
  known?: readonly number[],
  reach?: SubsetReach,
): PlacementAnswer {
  const bound = createCompletionBound(space);
  let best: FoundOrder | undefined = known && { order: known, sec: leastSecInOrder(space, known) };
  let openBound = Number.POSITIVE_INFINITY;
  for (let size = sizes.minNodes; size <= sizes.maxNodes; size += 1) {
    const atMostSec = acceptable(best, size);
    const least = leastSecOfSize(space, bound, size);
    if (least > atMostSec) continue;
    const costs = reach && createSubsetCosts(space, reach, size);
    const tryOrder = bound.byByteCost;
    const found = searchOrders({ space, bound, size, atMostSec, tryOrder, goal: "best", work, reach, costs });
    if (found !== undefined) best = found;
    if (work.left <= 0) openBound = Math.min(openBound, least);
  }
  if (best === undefined) return work.left <= 0 ? "exhausted" : "none";
  const gap = Math.max(0, (best.sec - openBound) / best.sec);
  const optimal = work.left > 0 || gap === 0 ? true : { gap };
  return { placement: leastOfTied(space, bound, best, work, reach), optimal };
}

/** A plan of more nodes has to be cheaper than the best one; one of fewer nodes may cost the same. */
function acceptable(best: FoundOrder | undefined, size: number): number {
  if (best === undefined) return Number.MAX_VALUE;
  return best.order.length > size ? best.sec : best.sec * (1 - tieTolerance);
}

/** Of all placements that cost the same as `best` and have as many nodes: the least by names, then by boundaries. */
function leastOfTied(
  space: SearchSpace,
  bound: CompletionBound,
  best: FoundOrder,
  work: WorkBudget,
  reach?: SubsetReach,
): Placement {
  const atMostSec = best.sec * (1 + tieTolerance);
  const byName = Int32Array.from({ length: space.nodeCount }, (_, index) => index);
  const size = best.order.length;
  const costs = reach && createSubsetCosts(space, reach, size);
  const search = { space, bound, size, atMostSec, tryOrder: byName, goal: "first" as const, work, reach, costs };
  const least = work.left > 0 ? searchOrders(search) : undefined;
  for (const { order } of least === undefined ? [best] : [least, best]) {
    const ends = placeInOrder(space, order, atMostSec);
    if (ends !== undefined) return { order, ends };
  }
  throw new Error("a placement that was found can't be built again");
}

/** The reach of all sets of nodes, where there are few enough and nothing is pinned. */
export const reachOf = (problem: PlanProblem, space: SearchSpace, mostNodes: number): SubsetReach | undefined =>
  problem.pins.length > 0 || space.nodeCount > mostSubsetNodes ? undefined : createSubsetReach(space, mostNodes);

/** Any order of nodes that keeps every stage and link within `periodSec`; `unknown` when the search was cut short. */
export function findAnyOrder(
  problem: PlanProblem,
  tables: CostTables,
  work: WorkBudget,
  periodSec = Number.POSITIVE_INFINITY,
): readonly number[] | "none" | "unknown" {
  const ends = findBlockEnds(problem, tables, periodSec);
  const space = feasibilitySpace(latencySpace(problem, tables, ends, periodSec));
  const bound = createCompletionBound(space);
  const { minNodes, maxNodes } = sizeRange(problem, tables);
  const greedy = space.nodeCount > mostSubsetNodes ? greedyOrder(space, { minNodes, maxNodes }) : undefined;
  if (greedy !== undefined) return greedy.order;
  const reach = reachOf(problem, space, maxNodes);
  for (let size = minNodes; size <= maxNodes; size += 1) {
    if (leastSecOfSize(space, bound, size) > 0) continue;
    if (reach !== undefined && size > 1 && (reach.firstLayer[size]?.at(-1) ?? 0) > 0) continue;
    const goal = "first" as const;
    const search = { space, bound, size, atMostSec: 0, tryOrder: bound.byMostLayers, goal, work, reach };
    const found = searchOrders(search);
    if (found !== undefined) return found.order;
    if (work.left <= 0) return "unknown";
  }
  return "none";
}
