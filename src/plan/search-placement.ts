import { couldCover } from "./coverage.js";
import { greedyOrder } from "./greedy-order.js";
import { atLeast, countingsFor, type NodeCounting } from "./node-counting.js";
import { type FoundOrder, leastSecInOrder, placeInOrder, tieTolerance } from "./place-in-order.js";
import { type RingAnswer, searchFirsts } from "./search-firsts.js";
import type { SearchSpace } from "./search-space.js";
import { leastOfTied } from "./search-ties.js";
import type { SizeRange } from "./size-range.js";
import type { WorkBudget } from "./work-budget.js";

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

/** Rings, with the counting that they were searched under. */
interface SearchedRings extends RingAnswer {
  readonly counting: NodeCounting;
}

/** The fastest node that can run everything, the first one of equals. */
function bestAlone(space: SearchSpace): FoundOrder | undefined {
  let best: FoundOrder | undefined;
  for (let node = 0; node < space.nodeCount; node += 1) {
    const sec = leastSecInOrder(space, [node]);
    if (sec < (best?.sec ?? Number.POSITIVE_INFINITY) * (1 - tieTolerance)) best = { order: [node], sec };
  }
  return best;
}

/**
 * Rings of the sizes, most loosely counted first: mostly the best ring of any size has an allowed one, and then nothing
 * need be counted.
 */
function searchRings(
  space: SearchSpace,
  sizes: SizeRange,
  work: WorkBudget,
  known: FoundOrder | undefined,
  goal: "best" | "any",
): readonly SearchedRings[] {
  const limit = Math.min(space.nodeCount, space.layers);
  // Where every node has to come, prices see to it by themselves.
  const free = atLeast(sizes.minNodes === space.nodeCount ? 1 : sizes.minNodes - 1);
  const run = (counting: NodeCounting, most: number, from: FoundOrder | undefined): SearchedRings => {
    const rings = { space, counting, sizes: { ...sizes, maxNodes: most }, work, known: from, goal };
    return { ...searchFirsts(rings), counting };
  };
  const any = run(free, limit, known);
  if (sizes.maxNodes >= limit || any.best === undefined || any.best.order.length <= sizes.maxNodes) return [any];
  let best = known;
  return countingsFor({ minNodes: Math.max(2, sizes.minNodes), maxNodes: sizes.maxNodes }).map((counting) => {
    const found = run(counting, sizes.maxNodes, best);
    best = found.best;
    return found;
  });
}

/**
 * The cheapest placement of a space. Among equal ones: fewest nodes, then the least sequence of names by rank, then the
 * lowest boundaries.
 *
 * @param known an order that is known to have a placement: then there is always an answer
 */
export function searchSpaceFor(
  space: SearchSpace,
  sizes: SizeRange,
  work: WorkBudget,
  known?: readonly number[],
): PlacementAnswer {
  if (!couldCover(space, sizes.maxNodes)) return "none";
  const alone = sizes.minNodes <= 1 ? bestAlone(space) : undefined;
  const start = known && { order: known, sec: leastSecInOrder(space, known) };
  const begin = alone !== undefined && alone.sec <= (start?.sec ?? Number.POSITIVE_INFINITY) ? alone : start;
  const rings = sizes.maxNodes < 2 || space.layers < 2 ? [] : searchRings(space, sizes, work, begin, "best");
  const best = rings.at(-1)?.best ?? begin;
  const leastSec = Math.min(...rings.map((ring) => ring.leastSec), best?.sec ?? Number.POSITIVE_INFINITY);
  if (best === undefined) return leastSec === Number.POSITIVE_INFINITY ? "none" : "exhausted";
  const least = best.order.length === 1 ? best : tiedLeast(space, rings, best, sizes, work);
  const ends = placeInOrder(space, least.order, best.sec * (1 + tieTolerance));
  if (ends === undefined) throw new Error("a placement that was found can't be built again");
  const gap = Math.max(0, (best.sec - leastSec) / best.sec);
  return { placement: { order: least.order, ends }, optimal: gap <= tieTolerance ? true : { gap } };
}

function tiedLeast(
  space: SearchSpace,
  rings: readonly SearchedRings[],
  best: FoundOrder,
  sizes: SizeRange,
  work: WorkBudget,
): FoundOrder {
  for (const ring of rings) {
    const least = leastOfTied(space, ring.counting, ring, best, sizes, work);
    if (least !== best) return least;
  }
  return best;
}

/** Any order of nodes that has a placement in the space; `unknown` when the search was cut short. */
export function findAnyOrder(
  space: SearchSpace,
  sizes: SizeRange,
  work: WorkBudget,
): readonly number[] | "none" | "unknown" {
  if (!couldCover(space, sizes.maxNodes)) return "none";
  const alone = sizes.minNodes <= 1 ? bestAlone(space) : undefined;
  const found = alone ?? greedyOrder(space, sizes);
  if (found !== undefined) return found.order;
  if (sizes.maxNodes < 2 || space.layers < 2) return "none";
  const rings = searchRings(space, sizes, work, undefined, "any");
  const best = rings.find((ring) => ring.best !== undefined)?.best;
  if (best !== undefined) return best.order;
  return rings.some((ring) => ring.leastSec < Number.POSITIVE_INFINITY) ? "unknown" : "none";
}
