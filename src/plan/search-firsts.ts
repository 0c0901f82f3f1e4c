import { createDive, type DiveTask } from "./dive.js";
import type { NodeCounting } from "./node-counting.js";
import { searchPrices } from "./node-prices.js";
import { type FoundOrder, leastSecInOrder, tieTolerance } from "./place-in-order.js";
import { createRingBound, type RingBound } from "./ring-bound.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { shareOf, type WorkBudget } from "./work-budget.js";

const infinity = Number.POSITIVE_INFINITY;
/** Partial orders that the first dive below each first node may look at; each further one may look at so many times more. */
const firstDive = 200;
const diveGrowth = 8;

export interface RingSearch {
  readonly space: SearchSpace;
  /** Must admit at least the sizes. */
  readonly counting: NodeCounting;
  readonly sizes: SizeRange;
  readonly work: WorkBudget;
  readonly known: FoundOrder | undefined;
  /** `any`: the first ring that is found will do. */
  readonly goal: "best" | "any";
}

/** A first node, and what is known of the rings that begin with it. */
export interface FirstNode {
  readonly first: number;
  /** None of them costs less. */
  leastSec: number;
  /** Node prices with which that was shown; undefined where none were needed. */
  priceSec?: Float64Array;
}

export interface RingAnswer {
  readonly best: FoundOrder | undefined;
  /** No ring costs less; infinity where there is none. */
  readonly leastSec: number;
  /** By number of the first node. */
  readonly firsts: readonly FirstNode[];
  readonly bound: RingBound;
}

/** More than any ring can cost. */
function mostSec({ nodeCount, layers, hopSec, returnSec, computeSec, firstSec, lastSec }: SearchSpace): number {
  const most = (values: Float64Array): number =>
    values.reduce((high, value) => (value < infinity && value > high ? value : high), 0);
  const slowest = most(
    Float64Array.from({ length: nodeCount }, (_, node) => computeSec[(node + 1) * (layers + 1) - 1] ?? 0),
  );
  return (slowest + most(firstSec) + most(lastSec) + layers * most(hopSec) + most(returnSec)) * 1.001;
}

/**
 * Searches rings of two nodes or more, first node by first node, those with the best bounds first. Each gets node prices, a
 * short dive, and longer ones in further rounds, until all are settled or the work is used up.
 */
export function searchFirsts(search: RingSearch): RingAnswer {
  const { space, counting, sizes, work, goal } = search;
  const bound = createRingBound(space, counting);
  const dive = createDive(space, bound, counting);
  const most = mostSec(space);
  const state = { best: search.known };
  const limit = (): number => (state.best === undefined ? most : state.best.sec * (1 - tieTolerance));
  const consider = (order: readonly number[]): void => {
    if (order.length < sizes.minNodes || order.length > sizes.maxNodes) return;
    const sec = leastSecInOrder(space, order);
    if (sec <= limit()) state.best = { order, sec };
  };
  const isOver = (): boolean => work.left <= 0 || (goal === "any" && state.best !== undefined);

  const priceSec = new Float64Array(space.nodeCount);
  bound.fill(-1, priceSec);
  const firsts = [...priceSec.keys()].map((first): FirstNode => ({ first, leastSec: bound.leastSec(first) }));
  const tryFirst = (node: FirstNode, round: number): "settled" | "open" => {
    const { first } = node;
    if (node.priceSec !== undefined) priceSec.set(node.priceSec);
    const leastPrice = sizes.minNodes === space.nodeCount ? -infinity : 0;
    const rounds = round === 0 ? 40 : 0;
    const priced = searchPrices({ bound, first, priceSec, limit, leastPrice, found: consider, rounds, work });
    node.leastSec = Math.max(node.leastSec, priced);
    node.priceSec = priceSec.slice();
    if (node.leastSec > limit()) return "settled";
    const share = shareOf(work, firstDive * diveGrowth ** round);
    let openSec = infinity;
    dive({
      first,
      priceSec,
      sizes,
      limit,
      found: (order, sec) => {
        state.best = { order, sec };
      },
      tryFirst: "promising",
      isOver: () => {
        share.left -= 1;
        return share.left <= 0 || isOver();
      },
      leftOpen: (sec) => {
        openSec = Math.min(openSec, sec);
      },
    } satisfies DiveTask);
    share.settle();
    if (openSec === infinity) return "settled";
    node.leastSec = Math.max(node.leastSec, openSec);
    return "open";
  };

  const twinless = firsts.filter(({ first, leastSec }) => leastSec < infinity && space.twinClass[first] === first);
  let open: readonly FirstNode[] = twinless;
  for (let round = 0; open.length > 0 && !isOver(); round += 1) {
    const ordered = open.toSorted((left, right) => left.leastSec - right.leastSec || left.first - right.first);
    open = ordered.filter((node) => isOver() || (node.leastSec <= limit() && tryFirst(node, round) === "open"));
  }
  const leastOpen = open.reduce((least, node) => Math.min(least, node.leastSec), infinity);
  return { best: state.best, leastSec: Math.min(state.best?.sec ?? infinity, leastOpen), firsts: twinless, bound };
}
