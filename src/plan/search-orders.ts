import type { CompletionBound, Pricing } from "./completion-bound.js";
import { positionOf } from "./cost-model.js";
import type { SearchSpace } from "./search-space.js";
import type { SubsetCosts } from "./subset-costs.js";
import type { SubsetReach } from "./subset-reach.js";

/** How many partial orders a search may still look at. Shared by the searches of one plan, so that it always ends. */
export interface WorkBudget {
  left: number;
}

export interface FoundOrder {
  /** Node numbers by rank. */
  readonly order: readonly number[];
  readonly sec: number;
}

export interface OrderSearch {
  readonly space: SearchSpace;
  readonly bound: CompletionBound;
  /** Exactly so many nodes. */
  readonly size: number;
  /** Plans that cost more are of no interest. */
  readonly atMostSec: number;
  /** Nodes in the order in which they are tried. */
  readonly tryOrder: Int32Array;
  /** `best`: the cheapest plan. `first`: the first one found, which is the least in `tryOrder`. */
  readonly goal: "best" | "first";
  readonly work: WorkBudget;
  /** Tables over all sets of nodes, where they are few enough: bounds that plain sums can't give. */
  readonly reach?: SubsetReach | undefined;
  readonly costs?: SubsetCosts | undefined;
}

/** Improvements smaller than this fraction are ties. */
export const tieTolerance = 1e-12;
/** Sums of the same costs in another order differ by less than this fraction. */
const roundingTolerance = 1e-14;
/** Partial orders to remember: bounds memory, not correctness. */
const rememberedOrders = 150_000;
const infinity = Number.POSITIVE_INFINITY;

/**
 * Depth-first search over orders of nodes. For each partial order it keeps, for every layer e at once, the least cost of
 * running layers 0 to e on it; so boundaries never branch. Entries whose cost plus lower bound of the rest is too much
 * are dropped, and so are entries that another order of the same nodes with the same ends has reached at no more cost.
 *
 * @returns the plan found, or undefined when there is none within `atMostSec` (or the work budget ran out)
 */
export function searchOrders(search: OrderSearch): FoundOrder | undefined {
  const { space, size, tryOrder, work } = search;
  const { nodeCount, layers } = space;
  const row = layers + 1;
  const vectors = Array.from({ length: size }, () => new Float64Array(row));
  const used = new Uint8Array(nodeCount);
  const order: number[] = [];
  const prune = createPruning(search);
  const mayRemember = nodeCount <= 40 && size > 3;
  const linksAlike = hasLinksAlike(space);
  const seen = new Map<number, Float64Array>();
  let limit = search.atMostSec;
  let found: FoundOrder | undefined;

  const complete = (node: number, from: Float64Array, hop: number): void => {
    const last = space.ends[positionOf(size - 1, size)];
    const first = order[0] ?? node;
    const back = size === 1 ? 0 : (space.returnSec[node * nodeCount + first] ?? infinity);
    const own = space.computeSec[node * row + layers] ?? 0;
    const around = hop + back + (space.lastSec[node] ?? 0) + own;
    for (let start = 0; start < layers; start += 1) {
      const at = node * row + start;
      if ((last.far[at] ?? 0) < layers || (last.near[at] ?? 0) > layers) continue;
      const sec = (from[start] ?? infinity) + around - (space.computeSec[at] ?? 0);
      if (sec > limit || sec === infinity) continue;
      found = { order: [...order, node], sec };
      limit = sec * (1 - tieTolerance);
    }
  };

  /** Whether some entry of the vector is new for this set (and first and last node); drops those that are not. */
  const isNews = (mask: number, node: number, vector: Float64Array, low: number, high: number): boolean => {
    const key = linksAlike ? mask : (mask * nodeCount + (order[0] ?? 0)) * nodeCount + node;
    const known = seen.get(key);
    if (known === undefined) {
      if (seen.size < rememberedOrders) seen.set(key, vector.slice());
      return true;
    }
    let news = false;
    for (let end = low; end <= high; end += 1) {
      const sec = vector[end] ?? infinity;
      if (sec >= (known[end] ?? infinity) * (1 - roundingTolerance)) vector[end] = infinity;
      else {
        known[end] = sec;
        news = true;
      }
    }
    return news;
  };

  const visit = (depth: number, from: Float64Array, mask: number): void => {
    const previous = order[depth - 1];
    const triedTwins = new Set<number>();
    for (const node of tryOrder) {
      if (used[node] === 1) continue;
      if (search.goal === "first" && found !== undefined) return;
      if (work.left <= 0) return;
      const twin = space.twinClass[node] ?? node;
      if (triedTwins.has(twin)) continue;
      triedTwins.add(twin);
      const hop =
        previous === undefined ? (space.firstSec[node] ?? 0) : (space.hopSec[previous * nodeCount + node] ?? 0);
      if (hop === infinity) continue;
      work.left -= 1;
      if (depth === size - 1) {
        complete(node, from, hop);
        continue;
      }
      const vector = vectors[depth] ?? new Float64Array(row);
      extend(space, depth === 0 ? "first" : "middle", node, from, hop, vector);
      used[node] = 1;
      order.push(node);
      const nextMask = mask + 2 ** node;
      const low = prune(order, used, vector, nextMask, limit);
      if (low >= 0 && (!mayRemember || depth === 0 || isNews(nextMask, node, vector, low, layers))) {
        visit(depth + 1, vector, nextMask);
      }
      order.pop();
      used[node] = 0;
    }
  };

  const start = new Float64Array(row).fill(infinity);
  start[0] = 0;
  visit(0, start, 0);
  return found;
}

/** Whether all hops cost the same, as over one switch: then it does not matter who is first and last, only who is in. */
function hasLinksAlike({ nodeCount, hopSec, returnSec }: SearchSpace): boolean {
  const alike = (costs: Float64Array): boolean =>
    costs.every((cost, at) => at % (nodeCount + 1) === 0 || cost === costs[1]);
  return alike(hopSec) && alike(returnSec);
}

/** `to[e]`: least cost of ending at layer e when `node` runs the last block; block costs are differences of sums. */
function extend(
  space: SearchSpace,
  position: "first" | "middle",
  node: number,
  from: Float64Array,
  hop: number,
  to: Float64Array,
): void {
  const row = space.layers + 1;
  const { near, far } = space.ends[position];
  const base = node * row;
  to.fill(infinity);
  for (let start = 0; start < space.layers; start += 1) {
    const sum = from[start] ?? infinity;
    if (sum === infinity) continue;
    const before = sum + hop - (space.computeSec[base + start] ?? 0);
    const last = far[base + start] ?? 0;
    for (let end = near[base + start] ?? 0; end <= last; end += 1) {
      const sec = before + (space.computeSec[base + end] ?? 0);
      if (sec < (to[end] ?? infinity)) to[end] = sec;
    }
  }
}

type Prune = (
  order: readonly number[],
  used: Uint8Array,
  vector: Float64Array,
  /** The nodes of `order` as a set. */
  mask: number,
  limit: number,
) => number;

/** Drops the entries that can't lead to a plan within the limit. Returns the first one that is left, or -1. */
function createPruning(search: OrderSearch): Prune {
  const { space, bound, size, reach, costs } = search;
  const { layers, nodeCount } = space;
  const all = 2 ** nodeCount - 1;
  const pricing: Pricing = bound.bestPricing(size);
  const plain = new Float64Array(layers + 1);
  const priced = new Float64Array(layers + 1);
  return (order, used, vector, mask, limit) => {
    const placed = order.length;
    const left = size - placed;
    const last = order[placed - 1] ?? 0;
    const reachable = reach?.firstLayer[left]?.[all - mask] ?? 0;
    const from = Math.max(placed, layers - mostLayersOf(bound, used, left), reachable);
    const to = layers - left;
    const around = leastHops(space, bound, order, used, left);
    for (let end = 0; end < from; end += 1) vector[end] = infinity;
    for (let end = to + 1; end <= layers; end += 1) vector[end] = infinity;
    if (from > to || around === infinity || nodeCount < size) return -1;
    bound.fill(bound.unpriced, used, left, from, to, plain);
    if (pricing.price > 0) bound.fill(pricing, used, left, from, to, priced);
    let low = -1;
    for (let end = to; end >= from; end -= 1) {
      const compute = pricing.price > 0 ? Math.max(plain[end] ?? 0, priced[end] ?? 0) : (plain[end] ?? 0);
      const rest = compute + around;
      const least = (vector[end] ?? infinity) + (costs ? Math.max(rest, costs.leastRest(all - mask, last, end)) : rest);
      if (least > limit || least === infinity) vector[end] = infinity;
      else low = end;
    }
    return low;
  };
}

function mostLayersOf(bound: CompletionBound, used: Uint8Array, left: number): number {
  let layers = 0;
  let count = 0;
  for (let at = 0; at < bound.byMostLayers.length && count < left; at += 1) {
    const node = bound.byMostLayers[at] ?? 0;
    if (used[node] === 1) continue;
    layers += bound.mostLayers[node] ?? 0;
    count += 1;
  }
  return layers;
}

/** Least cost of the hops still to come: out of the last node, into the others, and from one of them to the first. */
function leastHops(
  space: SearchSpace,
  bound: CompletionBound,
  order: readonly number[],
  used: Uint8Array,
  left: number,
): number {
  const { nodeCount } = space;
  const first = order[0] ?? 0;
  const last = order.at(-1) ?? 0;
  let out = infinity;
  let back = infinity;
  for (let node = 0; node < nodeCount; node += 1) {
    if (used[node] === 1) continue;
    out = Math.min(out, space.hopSec[last * nodeCount + node] ?? infinity);
    const home = (space.returnSec[node * nodeCount + first] ?? infinity) + (space.lastSec[node] ?? 0);
    back = Math.min(back, home);
  }
  let sec = out + back;
  let count = 1;
  for (let at = 0; at < bound.byHopInto.length && count < left; at += 1) {
    const node = bound.byHopInto[at] ?? 0;
    if (used[node] === 1) continue;
    sec += bound.hopInto[node] ?? infinity;
    count += 1;
  }
  return sec;
}

/** Lower bound for any plan of `size` nodes. */
export function leastSecOfSize(space: SearchSpace, bound: CompletionBound, size: number): number {
  const nobody = new Uint8Array(space.nodeCount);
  if (size > space.nodeCount || size > space.layers) return infinity;
  if (mostLayersOf(bound, nobody, size) < space.layers) return infinity;
  const pricing = bound.bestPricing(size);
  const out = new Float64Array(space.layers + 1);
  bound.fill(pricing, nobody, size, 0, 0, out);
  const least = (values: Float64Array): number => values.reduce((low, value) => Math.min(low, value), infinity);
  const ends = least(space.firstSec) + least(space.lastSec);
  if (size === 1) return (out[0] ?? 0) + ends;
  let hops = bound.leastReturn;
  for (let at = 0; at < size - 1; at += 1) hops += bound.hopInto[bound.byHopInto[at] ?? 0] ?? infinity;
  return (out[0] ?? 0) + ends + hops;
}
