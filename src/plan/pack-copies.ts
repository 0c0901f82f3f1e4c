import { type CopyPrices, type OtherCopy, priceOf } from "./copy-prices.js";
import { leastSecInOrder } from "./place-in-order.js";
import type { RingBound } from "./ring-bound.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import type { WorkBudget } from "./work-budget.js";

/** Copies whose worth is this close to the best are taken in the same round. */
const closeToBest = 1.03;
/** Every so many slopes are looked at. */
const slopeStride = 2;

/** A copy that could be taken, and what its nodes cost for what it does: less is better. */
interface Offer extends OtherCopy {
  readonly product: number;
}

/**
 * Copies on disjoint nodes, chosen by what they do for the price of their nodes: the best first, then those that are left
 * once their nodes are gone.
 */
export function packCopies(
  space: SearchSpace,
  bound: RingBound,
  others: readonly OtherCopy[],
  { price, slopes }: CopyPrices,
  sizes: SizeRange,
  work: WorkBudget,
): readonly OtherCopy[] {
  const used = new Uint8Array(space.nodeCount);
  const isFree = (nodes: readonly number[]): boolean => nodes.every((node) => used[node] === 0);
  const copies: OtherCopy[] = [];
  let room = sizes.maxNodes;
  while (work.left > 0) {
    const offers = [
      ...others
        .filter(({ nodes }) => isFree(nodes))
        .map((copy) => ({ ...copy, product: copy.sec * priceOf(price, copy.nodes) })),
      ...ringOffers(space, bound, price, slopes, used, sizes, work),
    ].filter(({ nodes }) => nodes.length <= room);
    offers.sort((left, right) => left.product - right.product || (left.nodes[0] ?? 0) - (right.nodes[0] ?? 0));
    const most = (offers[0]?.product ?? 0) * closeToBest;
    if (offers.length === 0) break;
    for (const { nodes, sec, product } of offers) {
      if (product > most || nodes.length > room || !isFree(nodes)) continue;
      for (const node of nodes) used[node] = 1;
      room -= nodes.length;
      copies.push({ nodes, sec });
    }
  }
  return copies;
}

/** The best ring that begins with each free node, under several slopes, as far as no node comes in it twice. */
function ringOffers(
  space: SearchSpace,
  bound: RingBound,
  price: Float64Array,
  slopes: readonly number[],
  used: Uint8Array,
  sizes: SizeRange,
  work: WorkBudget,
): readonly Offer[] {
  const offers = new Map<string, Offer>();
  for (const slope of slopes.filter((_, index) => index % slopeStride === 0)) {
    work.left -= Math.ceil(1.5 * space.nodeCount);
    bound.fill(
      -1,
      price.map((one, node) => (used[node] === 1 ? Number.POSITIVE_INFINITY : one * slope)),
    );
    for (let first = 0; first < space.nodeCount; first += 1) {
      if (used[first] === 1) continue;
      const nodes = [first, ...bound.walk(first)];
      const isRing = new Set(nodes).size === nodes.length && nodes.every((node) => used[node] === 0);
      if (!isRing || nodes.length < Math.max(2, sizes.minNodes) || offers.has(nodes.join())) continue;
      const sec = leastSecInOrder(space, nodes);
      if (sec < Number.POSITIVE_INFINITY)
        offers.set(nodes.join(), { nodes, sec, product: sec * priceOf(price, nodes) });
    }
  }
  return [...offers.values()];
}
