import type { NodeCounting } from "./node-counting.js";
import { createRestCosts, type RestCosts } from "./rest-costs.js";
import type { SearchSpace } from "./search-space.js";

const infinity = Number.POSITIVE_INFINITY;

/**
 * Lower bounds for rings that begin with a given node. Each node may come once only; in the bound it may come again for a
 * price, and every node's price is taken off once (Lagrangian relaxation). At good prices little is left of the difference.
 */
export interface RingBound {
  /** Works out everything below for rings that begin with `first`; -1: with anybody, and with the cheapest way home. */
  fill(first: number, priceSec: Float64Array): void;
  readonly rest: RestCosts;
  /** `[node]`: seconds of going home from there, its extra cost of being last included. */
  readonly homeSec: Float64Array;
  /** No ring that begins with the node costs less. `node` is what `fill` was called with, or anybody after `fill(-1)`. */
  leastSec(node: number): number;
  /** The nodes behind the first one in the cheapest walk: the ring that the bound is about, with nodes that may come again. */
  walk(first: number): readonly number[];
}

/** Cheapest first block of a node, with all that comes after it. */
interface FirstBlock {
  readonly sec: number;
  readonly end: number;
}

/** `[node]`: the cheapest way home to anybody. */
function nearestHome({ nodeCount, returnSec }: SearchSpace): Float64Array {
  return Float64Array.from({ length: nodeCount }, (_, node) => {
    let least = infinity;
    for (let to = 0; to < nodeCount; to += 1) {
      if (to !== node) least = Math.min(least, returnSec[node * nodeCount + to] ?? infinity);
    }
    return least;
  });
}

export function createRingBound(space: SearchSpace, counting: NodeCounting): RingBound {
  const { nodeCount, layers, computeSec, ends, returnSec, firstSec, lastSec } = space;
  const row = layers + 1;
  const restCosts = createRestCosts(space, counting);
  const homeSec = new Float64Array(nodeCount);
  const nearest = nearestHome(space);
  let priceSum = 0;
  const rest = restCosts({ homeSec, first: -1, priceSec: homeSec });
  const { from, after } = rest;

  const firstBlock = (node: number): FirstBlock => {
    const base = node * row;
    const shift = counting.levels * nodeCount * row + base;
    let best: FirstBlock = { sec: infinity, end: 0 };
    const far = Math.min(ends.first.far[base] ?? 0, layers - 1);
    for (let end = ends.first.near[base] ?? 0; end <= far; end += 1) {
      const sec = (computeSec[base + end] ?? 0) + (after.sec[shift + end] ?? infinity);
      if (sec < best.sec) best = { sec, end };
    }
    return best;
  };

  /** Where a node's block from `start` ends when `next` comes after it, at `level`. */
  const blockEnd = (node: number, start: number, level: number, next: number): number => {
    const base = node * row;
    const shift = level * nodeCount * row + base;
    let best: FirstBlock = { sec: infinity, end: layers };
    const far = Math.min(ends.middle.far[base + start] ?? 0, layers - 1);
    for (let end = ends.middle.near[base + start] ?? 0; end <= far; end += 1) {
      const ways = after.next[shift + end] === next ? after.sec : after.otherSec;
      if (after.next[shift + end] !== next && after.otherNext[shift + end] !== next) continue;
      const sec = (computeSec[base + end] ?? 0) + (ways[shift + end] ?? infinity);
      if (sec < best.sec) best = { sec, end };
    }
    return best.end;
  };

  const walk = (first: number): readonly number[] => {
    const nodes: number[] = [];
    let level = counting.levels;
    let layer = firstBlock(first).end;
    let before = first;
    let node = after.next[(level * nodeCount + first) * row + layer] ?? -1;
    while (node >= 0 && nodes.length < layers) {
      nodes.push(node);
      const at = (level * nodeCount + node) * row + layer;
      const next = (from.next[at] === before ? from.otherNext : from.next)[at] ?? -1;
      level = counting.next[level] ?? 0;
      layer = next < 0 ? layers : blockEnd(node, layer, level, next);
      before = node;
      node = next;
    }
    return nodes;
  };

  return {
    rest,
    homeSec,
    fill: (first, prices) => {
      for (let node = 0; node < nodeCount; node += 1) {
        const back = first < 0 ? nearest[node] : node === first ? infinity : returnSec[node * nodeCount + first];
        homeSec[node] = (back ?? infinity) + (lastSec[node] ?? 0);
      }
      priceSum = prices.reduce((sum, price) => sum + price, 0);
      restCosts({ homeSec, first, priceSec: prices });
    },
    leastSec: (node) => firstBlock(node).sec + (firstSec[node] ?? 0) - priceSum,
    walk,
  };
}
