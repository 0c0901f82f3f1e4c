import type { RingBound } from "./ring-bound.js";
import type { WorkBudget } from "./work-budget.js";

/** Rounds without a better bound after which steps get shorter. */
const patience = 2;

export interface PriceSearch {
  readonly bound: RingBound;
  readonly first: number;
  /** Where to begin; holds the best prices found when it ends, and the bound is filled with them. */
  readonly priceSec: Float64Array;
  /** Above this, the first node is out of the question, and the search ends. */
  readonly limit: () => number;
  /** Prices below zero are right where every node has to come. */
  readonly leastPrice: number;
  /** Told of each walk in which no node comes twice: it is a ring. */
  readonly found: (order: readonly number[]) => void;
  readonly rounds: number;
  /** What filling the bound once costs. */
  readonly fillWork: number;
  readonly work: WorkBudget;
}

/**
 * Raises the prices of nodes that come more than once and lowers those of others (subgradient ascent with Polyak's steps),
 * until the bound is above the limit, tight, or no longer rises.
 *
 * @returns the best bound, seconds
 */
export function searchPrices(search: PriceSearch): number {
  const { bound, first, priceSec, limit, found, fillWork, work } = search;
  const visits = new Int32Array(priceSec.length);
  const best = { sec: Number.NEGATIVE_INFINITY, priceSec: priceSec.slice() };
  priceSec[first] = 0;
  let stepScale = 1;
  let idle = 0;
  let filled = false;
  for (let round = 0; ; round += 1) {
    bound.fill(first, priceSec);
    work.left -= fillWork;
    filled = true;
    const sec = bound.leastSec(first);
    if (sec > best.sec * (1 + 1e-6)) idle = 0;
    else idle += 1;
    if (sec > best.sec) {
      best.sec = sec;
      best.priceSec.set(priceSec);
    } else filled = false;
    if (sec > limit() || sec === Number.POSITIVE_INFINITY || round >= search.rounds || work.left <= 0) break;
    const nodes = bound.walk(first);
    visits.fill(0);
    for (const node of nodes) visits[node] = (visits[node] ?? 0) + 1;
    if (nodes.every((node) => visits[node] === 1)) found([first, ...nodes]);
    if (idle > patience) {
      stepScale /= 2;
      idle = 0;
      if (stepScale < 0.1) break;
    }
    if (!step(search, visits, sec, stepScale)) break;
  }
  if (!filled) {
    priceSec.set(best.priceSec);
    work.left -= fillWork;
    bound.fill(first, priceSec);
  }
  return best.sec;
}

/** Changes the prices; false where the walk already is a ring at no price left unpaid. */
function step(search: PriceSearch, visits: Int32Array, sec: number, scale: number): boolean {
  const { first, priceSec, leastPrice } = search;
  const slope = (node: number): number => (node === first ? 0 : (visits[node] ?? 0) - 1);
  const counts = (node: number): boolean => slope(node) > 0 || (priceSec[node] ?? 0) > leastPrice;
  let norm = 0;
  for (let node = 0; node < priceSec.length; node += 1) if (counts(node)) norm += slope(node) ** 2;
  if (norm === 0) return false;
  const length = (scale * (search.limit() * 1.01 - sec)) / norm;
  for (let node = 0; node < priceSec.length; node += 1) {
    priceSec[node] = Math.max(leastPrice, (priceSec[node] ?? 0) + length * slope(node));
  }
  return true;
}
