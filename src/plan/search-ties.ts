import { couldCover } from "./coverage.js";
import { createDive } from "./dive.js";
import { type FoundOrder, tieTolerance } from "./place-in-order.js";
import type { RingAnswer } from "./search-firsts.js";
import type { SearchSpace } from "./search-space.js";
import { type WorkBudget, workOfFill, workOfOrder } from "./work-budget.js";

/**
 * Of all rings that cost the same as the best one: one with fewest nodes, and of those the least by node numbers, rank by
 * rank. The best one itself where the work is used up before.
 */
export function leastOfTied(
  space: SearchSpace,
  { counting, sizes, firsts, bound }: RingAnswer,
  best: FoundOrder,
  work: WorkBudget,
): FoundOrder {
  const dive = createDive(space, bound, counting);
  const limit = best.sec * (1 + tieTolerance);
  const tied = firsts.filter(({ leastSec }) => leastSec <= limit).toSorted((left, right) => left.first - right.first);
  const nothing = new Float64Array(space.nodeCount);
  const [fillWork, orderWork] = [workOfFill(space, counting.levels), workOfOrder(space)];
  let least: FoundOrder | undefined;
  for (let size = Math.max(2, sizes.minNodes); size <= Math.min(sizes.maxNodes, best.order.length); size += 1) {
    if (!couldCover(space, size)) continue;
    for (const { first, priceSec = nothing } of tied) {
      if (work.left <= 0) return best;
      work.left -= fillWork;
      bound.fill(first, priceSec);
      dive({
        first,
        priceSec,
        sizes: { minNodes: size, maxNodes: size },
        limit: () => limit,
        found: (order, sec) => {
          least ??= { order, sec };
        },
        tryFirst: "lowest",
        isOver: () => {
          if (least !== undefined || work.left <= 0) return true;
          work.left -= orderWork;
          return false;
        },
        leftOpen: () => undefined,
      });
      if (least !== undefined) return least;
    }
  }
  return best;
}
