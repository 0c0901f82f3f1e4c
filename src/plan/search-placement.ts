import { couldCover } from "./coverage.js";
import { greedyOrder } from "./greedy-order.js";
import { atLeast, countingsFor } from "./node-counting.js";
import { type FoundOrder, leastSecInOrder, placeInOrder, tieTolerance } from "./place-in-order.js";
import { type RingAnswer, searchFirsts } from "./search-firsts.js";
import type { SearchSpace } from "./search-space.js";
import { leastOfTied } from "./search-ties.js";
import type { SizeRange } from "./size-range.js";
import { shareOf, type WorkBudget } from "./work-budget.js";

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

/** What the searches for rings have come to. */
interface SearchedRings {
  readonly best: FoundOrder | undefined;
  /** No ring of the sizes costs less; infinity where there is none. */
  readonly leastSec: number;
  /** Those that together cover all sizes, small rings first. */
  readonly answers: readonly RingAnswer[];
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
): SearchedRings {
  const limit = Math.min(space.nodeCount, space.layers);
  const isFree = sizes.maxNodes >= limit;
  // Where every node has to come, prices see to it by themselves.
  const free = atLeast(sizes.minNodes === space.nodeCount ? 1 : sizes.minNodes - 1);
  const share = shareOf(work, isFree ? work.left : work.left / 2);
  const freeSizes = { ...sizes, maxNodes: limit };
  const any = searchFirsts({ space, counting: free, sizes: freeSizes, work: share, known, goal });
  share.settle();
  const isAllowed = any.best === undefined || any.best.order.length <= sizes.maxNodes;
  if (isFree || (isAllowed && isSettled(any, goal))) return { ...any, answers: [any] };
  let best = isAllowed ? any.best : known;
  const answers = countingsFor({ minNodes: Math.max(2, sizes.minNodes), maxNodes: sizes.maxNodes }).map((counted) => {
    const found = searchFirsts({ space, ...counted, work, known: best, goal });
    best = found.best;
    return found;
  });
  const leastSec = Math.max(any.leastSec, Math.min(...answers.map((answer) => answer.leastSec)));
  return { best, leastSec: Math.min(leastSec, best?.sec ?? Number.POSITIVE_INFINITY), answers };
}

/** Whether further searches have nothing to add. */
const isSettled = ({ best, leastSec }: RingAnswer, goal: "best" | "any"): boolean =>
  best === undefined
    ? leastSec === Number.POSITIVE_INFINITY
    : goal === "any" || leastSec >= best.sec * (1 - tieTolerance);

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
  if (sizes.minNodes > sizes.maxNodes || !couldCover(space, sizes.maxNodes)) return "none";
  const alone = sizes.minNodes <= 1 ? bestAlone(space) : undefined;
  const start = known && { order: known, sec: leastSecInOrder(space, known) };
  const startSec = start?.sec ?? Number.POSITIVE_INFINITY;
  const begin = alone !== undefined && alone.sec <= startSec * (1 + tieTolerance) ? alone : start;
  const isPossible = sizes.maxNodes >= 2 && space.layers >= 2;
  const rings = isPossible ? searchRings(space, sizes, work, begin, "best") : noRings;
  const best = rings.best ?? begin;
  if (best === undefined) return rings.leastSec === Number.POSITIVE_INFINITY ? "none" : "exhausted";
  const least = best.order.length === 1 ? best : tiedLeast(space, rings.answers, best, work);
  const ends = placeInOrder(space, least.order, best.sec * (1 + tieTolerance));
  if (ends === undefined) throw new Error("a placement that was found can't be built again");
  const gap = Math.max(0, (best.sec - Math.min(best.sec, rings.leastSec)) / best.sec);
  return { placement: { order: least.order, ends }, optimal: gap <= tieTolerance ? true : { gap } };
}

const noRings: SearchedRings = { best: undefined, leastSec: Number.POSITIVE_INFINITY, answers: [] };

function tiedLeast(space: SearchSpace, answers: readonly RingAnswer[], best: FoundOrder, work: WorkBudget): FoundOrder {
  for (const answer of answers) {
    const least = leastOfTied(space, answer, best, work);
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
  if (sizes.minNodes > sizes.maxNodes || !couldCover(space, sizes.maxNodes)) return "none";
  const alone = sizes.minNodes <= 1 ? bestAlone(space) : undefined;
  const found = alone ?? greedyOrder(space, sizes);
  if (found !== undefined) return found.order;
  if (sizes.maxNodes < 2 || space.layers < 2) return "none";
  const rings = searchRings(space, sizes, work, undefined, "any");
  if (rings.best !== undefined) return rings.best.order;
  return rings.leastSec < Number.POSITIVE_INFINITY ? "unknown" : "none";
}
