import type { NodeCounting } from "./node-counting.js";
import type { RingBound } from "./ring-bound.js";
import type { SearchSpace } from "./search-space.js";
import { createSetMemory } from "./set-memory.js";
import type { SizeRange } from "./size-range.js";
import type { Ways } from "./two-ways.js";

const infinity = Number.POSITIVE_INFINITY;

/** What a depth-first search is told, and tells, while it goes on. */
export interface DiveTask {
  readonly first: number;
  /** The prices that the bound is filled with. */
  readonly priceSec: Float64Array;
  readonly sizes: SizeRange;
  /** Rings that cost more are of no interest. Falls while better ones are found. */
  limit(): number;
  found(order: readonly number[], sec: number): void;
  /** Which of the nodes to try next: the most promising one, or the one with the lowest number. */
  readonly tryFirst: "promising" | "lowest";
  /** Asked before each partial order; true when nothing more is to be tried. */
  isOver(): boolean;
  /** Told the bound of what was left untried when it was over. */
  leftOpen(sec: number): void;
}

interface Candidate {
  readonly node: number;
  readonly hop: number;
  readonly bound: number;
}

/** Where a dive is: `sec[e]` is the least cost of running layers 0 to e, e excluded, on the nodes of the order. */
interface Depth {
  readonly sec: Float64Array;
  /** Of the nodes still to come. */
  readonly level: number;
  /** Prices of the nodes that have not come. */
  readonly pricesLeft: number;
}

/** `[node]`: layers of its longest block behind the first rank. */
function longestBlocks({ nodeCount, layers, ends }: SearchSpace): Int32Array {
  const row = layers + 1;
  return Int32Array.from({ length: nodeCount }, (_, node) => {
    let most = 0;
    for (const { near, far } of [ends.middle, ends.last]) {
      for (let at = node * row; at < node * row + layers; at += 1) {
        if ((far[at] ?? 0) >= (near[at] ?? 0)) most = Math.max(most, (far[at] ?? 0) + node * row - at);
      }
    }
    return most;
  });
}

/**
 * Depth-first search over rings that begin with the node that `bound` is filled for. For each partial order it keeps, for
 * every layer at once, the least cost of running everything up to there on it, so boundaries never branch. Entries whose
 * cost plus bound of the rest is too much are dropped, and so are those that another order of the same nodes has reached
 * at no more cost.
 */
export function createDive(space: SearchSpace, bound: RingBound, counting: NodeCounting): (task: DiveTask) => void {
  const { nodeCount, layers, hopSec, computeSec, firstSec, ends, twinClass } = space;
  const row = layers + 1;
  const { from, after } = bound.rest;
  const longest = longestBlocks(space);
  const byLongest = [...longest.keys()].toSorted((left, right) => (longest[right] ?? 0) - (longest[left] ?? 0));
  const used = new Uint8Array(nodeCount);
  const order: number[] = [];
  const memory = createSetMemory(nodeCount);

  /** What is still to come, at least: a way on to a node that has come already is none. */
  const restSec = ({ sec, next, otherSec }: Ways, at: number): number => {
    const to = next[at] ?? -1;
    return (to >= 0 && used[to] === 1 ? otherSec[at] : sec[at]) ?? infinity;
  };

  const leastWith = (node: number, { sec, level }: Depth): number => {
    const shift = (level * nodeCount + node) * row;
    let least = infinity;
    for (let start = order.length; start < layers; start += 1) {
      const sum = sec[start] ?? infinity;
      if (sum < infinity) least = Math.min(least, sum + restSec(from, shift + start));
    }
    return least;
  };

  const candidates = (depth: Depth, task: DiveTask): readonly Candidate[] => {
    const last = (order.at(-1) ?? 0) * nodeCount;
    const found: Candidate[] = [];
    const twins = new Set<number>();
    for (let node = 0; node < nodeCount; node += 1) {
      const hop = hopSec[last + node] ?? infinity;
      if (used[node] === 1 || hop === infinity || twins.has(twinClass[node] ?? node)) continue;
      const least = leastWith(node, depth) + hop - depth.pricesLeft;
      if (least > task.limit()) continue;
      found.push({ node, hop, bound: least });
      twins.add(twinClass[node] ?? node);
    }
    return task.tryFirst === "lowest" ? found : found.sort((left, right) => left.bound - right.bound);
  };

  const close = (node: number, hop: number, { sec }: Depth, task: DiveTask): void => {
    const base = node * row;
    const around = hop + (bound.homeSec[node] ?? infinity) + (computeSec[base + layers] ?? 0);
    for (let start = order.length - 1; start < layers; start += 1) {
      const at = base + start;
      if ((ends.last.far[at] ?? 0) < layers || (ends.last.near[at] ?? 0) > layers) continue;
      const total = (sec[start] ?? infinity) + around - (computeSec[at] ?? 0);
      if (total <= task.limit() && total < infinity) task.found([...order], total);
    }
  };

  const extend = (node: number, hop: number, { sec }: Depth, to: Float64Array): void => {
    const base = node * row;
    to.fill(infinity);
    for (let start = order.length - 1; start < layers; start += 1) {
      const sum = sec[start] ?? infinity;
      if (sum === infinity) continue;
      const before = sum + hop - (computeSec[base + start] ?? 0);
      const far = Math.min(ends.middle.far[base + start] ?? 0, layers - 1);
      for (let end = ends.middle.near[base + start] ?? 0; end <= far; end += 1) {
        const total = before + (computeSec[base + end] ?? 0);
        if (total < (to[end] ?? infinity)) to[end] = total;
      }
    }
  };

  /** Layers that so many of the nodes that have not come can hold at most. */
  const mostLayers = (count: number): number => {
    let sum = 0;
    let left = count;
    for (let at = 0; at < nodeCount && left > 0; at += 1) {
      const node = byLongest[at] ?? 0;
      if (used[node] === 1) continue;
      sum += longest[node] ?? 0;
      left -= 1;
    }
    return sum;
  };

  /** Drops the entries that can't lead to a ring within the limit; whether any is left. */
  const prune = ({ sec, level, pricesLeft }: Depth, task: DiveTask): boolean => {
    const shift = (level * nodeCount + (order.at(-1) ?? 0)) * row;
    const lowest = layers - mostLayers(task.sizes.maxNodes - order.length);
    let any = false;
    for (let end = 0; end < layers; end += 1) {
      if (sec[end] === infinity) continue;
      const least = (sec[end] ?? infinity) + restSec(after, shift + end) - pricesLeft;
      if (end < lowest || least > task.limit()) sec[end] = infinity;
      else any = true;
    }
    return any && memory.isNews(order, sec);
  };

  const depths = Array.from({ length: layers + 1 }, () => new Float64Array(row));

  const descend = (depth: Depth, task: DiveTask): void => {
    for (const { node, hop, bound: least } of candidates(depth, task)) {
      if (least > task.limit()) continue;
      if (task.isOver()) {
        task.leftOpen(least);
        continue;
      }
      order.push(node);
      used[node] = 1;
      const { minNodes, maxNodes } = task.sizes;
      if (order.length >= minNodes && order.length <= maxNodes) close(node, hop, depth, task);
      const level = counting.next[depth.level] ?? 0;
      if (order.length < maxNodes && level > 0) {
        const sec = depths[order.length] ?? new Float64Array(row);
        const next = { sec, level, pricesLeft: depth.pricesLeft - (task.priceSec[node] ?? 0) };
        extend(node, hop, depth, sec);
        if (prune(next, task)) descend(next, task);
      }
      order.pop();
      used[node] = 0;
    }
  };

  return (task) => {
    const { first, priceSec } = task;
    const sec = depths[1] ?? new Float64Array(row);
    const base = first * row;
    const far = Math.min(ends.first.far[base] ?? 0, layers - 1);
    sec.fill(infinity);
    for (let end = ends.first.near[base] ?? 0; end <= far; end += 1) {
      sec[end] = (firstSec[first] ?? 0) + (computeSec[base + end] ?? 0);
    }
    memory.clear();
    order.push(first);
    used[first] = 1;
    const pricesLeft = priceSec.reduce((sum, price) => sum + price, 0) - (priceSec[first] ?? 0);
    const depth = { sec, level: counting.levels, pricesLeft };
    if (prune(depth, task)) descend(depth, task);
    order.pop();
    used[first] = 0;
  };
}
