import type { CompletionBound } from "./completion-bound.js";
import { leastSecInOrder } from "./place-in-order.js";
import { type FoundOrder, tieTolerance } from "./search-orders.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";

/** Orders to try at most, times their nodes. */
const mostTries = 120_000;
/** Nodes from outside that are tried at a place: the cheapest by bytes, and those with the quickest links there. */
const candidates = 24;
const infinity = Number.POSITIVE_INFINITY;

/** The first `candidates` of the nodes outside the order by cost. */
function cheapest(space: SearchSpace, order: readonly number[], costOf: (node: number) => number): readonly number[] {
  return Array.from({ length: space.nodeCount }, (_, node) => ({ node, cost: costOf(node) }))
    .filter(({ node, cost }) => cost < infinity && !order.includes(node))
    .toSorted((left, right) => left.cost - right.cost || left.node - right.node)
    .slice(0, candidates)
    .map(({ node }) => node);
}

/** Every order that differs by one move: a node replaced, added, dropped or moved, or a stretch turned round. */
function* neighbours(
  space: SearchSpace,
  bound: CompletionBound,
  order: readonly number[],
  sizes: SizeRange,
): Generator<readonly number[]> {
  const size = order.length;
  const hop = (from: number | undefined, to: number | undefined): number =>
    from === undefined || to === undefined ? 0 : (space.hopSec[from * space.nodeCount + to] ?? infinity);
  const speed = (node: number): number =>
    (bound.mostLayers[node] ?? 0) > 0 ? (bound.unpriced.byteCost[node] ?? infinity) : infinity;
  const fast = cheapest(space, order, speed);
  for (let rank = 0; rank <= size; rank += 1) {
    const before = order[rank - 1] ?? order.at(-1);
    const near = (after: number | undefined) =>
      cheapest(space, order, (node) => hop(before, node) + hop(node, after) + speed(node) * 1e6);
    for (const node of new Set([...fast, ...near(order[rank + 1] ?? order[0])])) {
      if (rank < size) yield order.with(rank, node);
    }
    if (size >= sizes.maxNodes) continue;
    for (const node of new Set([...fast.slice(0, 8), ...near(order[rank] ?? order[0])])) {
      yield order.toSpliced(rank, 0, node);
    }
  }
  for (let from = 0; from < size; from += 1) {
    if (size > sizes.minNodes && size > 1) yield order.toSpliced(from, 1);
    for (let to = 0; to < size; to += 1) {
      if (to === from) continue;
      yield order.toSpliced(from, 1).toSpliced(to, 0, order[from] ?? 0);
      if (to > from + 1) {
        yield [...order.slice(0, from), ...order.slice(from, to + 1).toReversed(), ...order.slice(to + 1)];
      }
    }
  }
}

/** Takes every move that makes the order cheaper until none does (2-opt, or-opt, add, drop, swap), or its tries are used up. */
export function improveOrder(
  space: SearchSpace,
  bound: CompletionBound,
  start: FoundOrder,
  sizes: SizeRange,
): FoundOrder {
  let best = start;
  let tries = 0;
  const allowed = Math.ceil(mostTries / start.order.length);
  for (let found = true; found && tries < allowed; ) {
    found = false;
    for (const order of neighbours(space, bound, best.order, sizes)) {
      tries += 1;
      if (tries > allowed) break;
      const sec = leastSecInOrder(space, order);
      if (sec >= best.sec * (1 - tieTolerance)) continue;
      best = { order, sec };
      found = true;
      break;
    }
  }
  return best;
}
