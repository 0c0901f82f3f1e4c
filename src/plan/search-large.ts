import { createCompletionBound } from "./completion-bound.js";
import { greedyOrder } from "./greedy-order.js";
import { improveOrder } from "./improve-order.js";
import { leastSecInOrder, placeInOrder } from "./place-in-order.js";
import { leastSecOfSize, type WorkBudget } from "./search-orders.js";
import { type PlacementAnswer, searchSpaceFor } from "./search-placement.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { walkBound } from "./walk-bound.js";

/** Partial orders that the exact search may look at before a large cluster is left to local search. */
const exactShare = 0.2;
/** A gap below this is not worth a better bound. */
const smallGap = 0.005;

/**
 * Searches a cluster of more nodes than can be searched to the end in every case: first exactly, which mostly is enough;
 * then by local search from the best so far, with a gap to a bound that is proven.
 */
export function searchLarge(space: SearchSpace, sizes: SizeRange, work: WorkBudget): PlacementAnswer {
  const bound = createCompletionBound(space);
  const greedy = greedyOrder(space, sizes);
  const share = { left: Math.floor(work.left * exactShare) };
  const started = share.left;
  const exact = searchSpaceFor(space, sizes, share, greedy?.order);
  work.left -= started - share.left;
  if (typeof exact === "string" || exact.optimal === true) return exact;
  const { order } = exact.placement;
  const start = { order, sec: leastSecInOrder(space, order) };
  const best = improveOrder(space, bound, start, sizes);
  const ends = placeInOrder(space, best.order, best.sec * (1 + 1e-12));
  const placement = ends === undefined ? exact.placement : { order: best.order, ends };
  const least = provenBound(space, sizes, best.sec);
  const gap = Math.max(0, (best.sec - least) / best.sec);
  return { placement, optimal: gap === 0 ? true : { gap } };
}

/** No plan of any allowed size costs less. */
function provenBound(space: SearchSpace, sizes: SizeRange, bestSec: number): number {
  const bound = createCompletionBound(space);
  let least = bestSec;
  for (let size = sizes.minNodes; size <= sizes.maxNodes; size += 1) {
    const quick = leastSecOfSize(space, bound, size);
    if (quick >= least * (1 - smallGap)) {
      least = Math.min(least, quick);
      continue;
    }
    least = Math.min(least, Math.max(quick, walkBound(space, size)));
  }
  return least;
}
