import { createDive, type DiveTask } from "./dive.js";
import { mostRingSec } from "./most-ring-sec.js";
import type { NodeCounting } from "./node-counting.js";
import { searchPrices } from "./node-prices.js";
import { type FoundOrder, leastSecInOrder, tieTolerance } from "./place-in-order.js";
import { createRingBound, type RingBound } from "./ring-bound.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { shareOf, type WorkBudget, workOfFill, workOfOrder } from "./work-budget.js";

const infinity = Number.POSITIVE_INFINITY;
/** Partial orders that the first dive below each first node may look at; each further one may look at so many times more. */
const firstDive = 200;
const diveGrowth = 8;
/** Times that prices are changed, at most, before the first dive. */
const priceRounds = 40;

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

/** What a search has found, with the counting and sizes that it was asked about. */
export interface RingAnswer extends Pick<RingSearch, "counting" | "sizes"> {
  readonly best: FoundOrder | undefined;
  /** No ring costs less; infinity where there is none. */
  readonly leastSec: number;
  /** By number of the first node. */
  readonly firsts: readonly FirstNode[];
  readonly bound: RingBound;
}

/** A search under way. */
interface Run extends RingSearch {
  best: FoundOrder | undefined;
  readonly bound: RingBound;
  readonly dive: (task: DiveTask) => void;
  /** What `bound` is filled with. */
  readonly priceSec: Float64Array;
  readonly fillWork: number;
  readonly orderWork: number;
  /** Rings that cost more are of no interest. */
  limit(): number;
  isOver(): boolean;
}

function beginRun(search: RingSearch): Run {
  const { space, counting, work, goal } = search;
  const bound = createRingBound(space, counting);
  const most = mostRingSec(space);
  const run: Run = {
    ...search,
    best: search.known,
    bound,
    dive: createDive(space, bound, counting),
    priceSec: new Float64Array(space.nodeCount),
    fillWork: workOfFill(space, counting.levels),
    orderWork: workOfOrder(space),
    limit: () => (run.best === undefined ? most : run.best.sec * (1 - tieTolerance)),
    isOver: () => work.left <= 0 || (goal === "any" && run.best !== undefined),
  };
  return run;
}

/** Looks for prices with which the bound is best; the bound and `priceSec` are left with them. */
function priceFirst(run: Run, node: FirstNode, rounds: number): void {
  const { space, sizes, work, bound, priceSec, limit, fillWork } = run;
  const { first } = node;
  if (node.priceSec !== undefined) priceSec.set(node.priceSec);
  const leastPrice = sizes.minNodes === space.nodeCount ? -infinity : 0;
  const found = (order: readonly number[]): void => {
    if (order.length < sizes.minNodes || order.length > sizes.maxNodes) return;
    const sec = leastSecInOrder(space, order);
    if (sec <= limit()) run.best = { order, sec };
  };
  const sec = searchPrices({ bound, first, priceSec, limit, leastPrice, found, rounds, fillWork, work });
  node.leastSec = Math.max(node.leastSec, sec);
  node.priceSec = priceSec.slice();
}

/** Tries the rings that begin with the node one by one, as far as that goes with so many partial orders. */
function diveBelow(run: Run, node: FirstNode, orders: number): "settled" | "open" {
  const share = shareOf(run.work, orders * run.orderWork);
  let openSec = infinity;
  run.dive({
    first: node.first,
    priceSec: run.priceSec,
    sizes: run.sizes,
    limit: run.limit,
    found: (order, sec) => {
      run.best = { order, sec };
    },
    tryFirst: "promising",
    isOver: () => {
      if (share.left <= 0 || run.isOver()) return true;
      share.left -= run.orderWork;
      return false;
    },
    leftOpen: (sec) => {
      openSec = Math.min(openSec, sec);
    },
  });
  share.settle();
  if (openSec === infinity) return "settled";
  node.leastSec = Math.max(node.leastSec, openSec);
  return "open";
}

function tryFirst(run: Run, node: FirstNode, round: number): "settled" | "open" {
  if (node.leastSec > run.limit()) return "settled";
  priceFirst(run, node, round === 0 ? priceRounds : 0);
  if (node.leastSec > run.limit()) return "settled";
  return diveBelow(run, node, firstDive * diveGrowth ** round);
}

/**
 * Searches rings of two nodes or more, first node by first node, those with the best bounds first. Each gets node prices, a
 * short dive, and longer ones in further rounds, until all are settled or the work is used up.
 */
export function searchFirsts(search: RingSearch): RingAnswer {
  const { space, counting, sizes } = search;
  const run = beginRun(search);
  const { bound } = run;
  run.work.left -= run.fillWork;
  bound.fill(-1, run.priceSec);
  // Of nodes that are alike, one is enough: rings that begin with the others cost the same.
  const firsts = [...run.priceSec.keys()]
    .filter((first) => space.twinClass[first] === first)
    .map((first): FirstNode => ({ first, leastSec: bound.leastSec(first) }))
    .filter(({ leastSec }) => leastSec < infinity);
  let open: readonly FirstNode[] = firsts;
  for (let round = 0; open.length > 0 && !run.isOver(); round += 1) {
    const ordered = open.toSorted((left, right) => left.leastSec - right.leastSec || left.first - right.first);
    open = ordered.filter((node) => run.isOver() || tryFirst(run, node, round) === "open");
  }
  const leastOpen = open.reduce((least, node) => Math.min(least, node.leastSec), infinity);
  return { counting, sizes, best: run.best, leastSec: Math.min(run.best?.sec ?? infinity, leastOpen), firsts, bound };
}
