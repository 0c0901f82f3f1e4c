import type { SearchSpace } from "./search-space.js";

/**
 * Lower bounds for what is left of a partial plan.
 *
 * Compute: layers are relaxed to bytes that may be split freely. Node j takes a byte for `1/beta_j` plus what its
 * per-layer overhead exceeds the smallest one by, spread over the largest layer, and at most as many bytes as its
 * largest block reads. Filling the cheapest nodes first is then optimal. A price on using a node at all (the multiplier of
 * "exactly so many more nodes") tightens this where the fast nodes are small: bytes of node j become dearer by
 * `price / capacity_j`, and `price` is taken off once per node still to come.
 */
export interface CompletionBound {
  /** Largest number of layers in one block of each node. */
  readonly mostLayers: Int32Array;
  /** Cheapest hop into each node. */
  readonly hopInto: Float64Array;
  /** Cheapest way home in the cluster. */
  readonly leastReturn: number;
  /** Nodes by cost of a byte, cheapest first. */
  readonly byByteCost: Int32Array;
  readonly byMostLayers: Int32Array;
  readonly byHopInto: Int32Array;
  /** Writes the bound for layers `e` to the end into `out[e]`, for `e` from `from` to `to`. */
  fill(pricing: Pricing, used: Uint8Array, left: number, from: number, to: number, out: Float64Array): void;
  /** The pricing with the best bound for a whole plan of `size` nodes. */
  bestPricing(size: number): Pricing;
  readonly unpriced: Pricing;
}

export interface Pricing {
  readonly price: number;
  readonly byteCost: Float64Array;
  readonly order: Int32Array;
}

interface NodeLimits {
  readonly mostLayers: Int32Array;
  readonly mostBytes: Float64Array;
  readonly hopInto: Float64Array;
}

function nodeLimits(space: SearchSpace): NodeLimits {
  const { nodeCount, layers, readBytes, ends, hopSec } = space;
  const row = layers + 1;
  const mostLayers = new Int32Array(nodeCount);
  const mostBytes = new Float64Array(nodeCount);
  const hopInto = new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY);
  for (let node = 0; node < nodeCount; node += 1) {
    for (const { near, far } of Object.values(ends)) {
      for (let start = 0; start < layers; start += 1) {
        const end = far[node * row + start] ?? 0;
        if (end < (near[node * row + start] ?? 0)) continue;
        mostLayers[node] = Math.max(mostLayers[node] ?? 0, end - start);
        mostBytes[node] = Math.max(mostBytes[node] ?? 0, (readBytes[end] ?? 0) - (readBytes[start] ?? 0));
      }
    }
    for (let from = 0; from < nodeCount; from += 1) {
      const hop = hopSec[from * nodeCount + node] ?? Number.POSITIVE_INFINITY;
      if (from !== node) hopInto[node] = Math.min(hopInto[node] ?? 0, hop);
    }
  }
  return { mostLayers, mostBytes, hopInto };
}

/** Node numbers by rising value, equal ones by number. */
export function sortedNodes(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, index) => index);
  return order.sort((left, right) => (values[left] ?? 0) - (values[right] ?? 0) || left - right);
}

function largestLayerBytes(readBytes: Float64Array): number {
  let largest = 0;
  for (let layer = 1; layer < readBytes.length; layer += 1) {
    largest = Math.max(largest, (readBytes[layer] ?? 0) - (readBytes[layer - 1] ?? 0));
  }
  return largest;
}

/** Prepares the bounds for one search space. */
export function createCompletionBound(space: SearchSpace): CompletionBound {
  const { layers, readBytes } = space;
  const limits = nodeLimits(space);
  const leastOverhead = space.overheadSec.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const largest = largestLayerBytes(readBytes);
  const plainCost = space.secPerByte.map((cost, node) => {
    const extra = (space.overheadSec[node] ?? 0) - leastOverhead;
    return cost + (extra > 0 ? extra / largest : 0);
  });

  const priced = (price: number): Pricing => {
    const byteCost = plainCost.map((cost, node) => {
      const bytes = limits.mostBytes[node] ?? 0;
      return bytes > 0 ? cost + price / bytes : Number.POSITIVE_INFINITY;
    });
    return { price, byteCost, order: sortedNodes(byteCost) };
  };

  const fill: CompletionBound["fill"] = ({ price, byteCost, order }, used, left, from, to, out) => {
    const all = readBytes[layers] ?? 0;
    let rank = 0;
    let filledBytes = 0;
    let filledSec = 0;
    for (let end = to; end >= from; end -= 1) {
      const wanted = all - (readBytes[end] ?? 0);
      for (; rank < order.length; rank += 1) {
        const node = order[rank] ?? 0;
        if (used[node] === 1) continue;
        const bytes = limits.mostBytes[node] ?? 0;
        if (filledBytes + bytes >= wanted) break;
        filledBytes += bytes;
        filledSec += bytes * (byteCost[node] ?? 0);
      }
      const rest = wanted - filledBytes;
      const cost = rank < order.length ? (byteCost[order[rank] ?? 0] ?? 0) : Number.POSITIVE_INFINITY;
      const tail = rest > 0 ? rest * cost : 0;
      out[end] = filledSec + tail + (layers - end) * leastOverhead - price * left;
    }
  };

  const nobody = new Uint8Array(space.nodeCount);
  const scratch = new Float64Array(layers + 1);
  const rootBound = (pricing: Pricing, size: number): number => {
    fill(pricing, nobody, size, 0, 0, scratch);
    return scratch[0] ?? 0;
  };
  const unpriced = priced(0);

  const dearest = space.computeSec.reduce((most, value) => Math.max(most, value), 0);
  const known = new Map<number, Pricing>();

  /** The bound is concave in the price: narrow the interval by thirds. */
  const searchPricing = (size: number): Pricing => {
    let low = 0;
    let high = 2 * dearest;
    for (let round = 0; round < 24; round += 1) {
      const third = (high - low) / 3;
      if (rootBound(priced(low + third), size) < rootBound(priced(high - third), size)) low += third;
      else high -= third;
    }
    const best = priced((low + high) / 2);
    return rootBound(best, size) > rootBound(unpriced, size) ? best : unpriced;
  };

  const bestPricing = (size: number): Pricing => {
    const pricing = known.get(size) ?? (dearest > 0 ? searchPricing(size) : unpriced);
    known.set(size, pricing);
    return pricing;
  };

  return {
    mostLayers: limits.mostLayers,
    hopInto: limits.hopInto,
    leastReturn: space.returnSec.reduce((least, sec) => Math.min(least, sec), Number.POSITIVE_INFINITY),
    byByteCost: unpriced.order,
    byMostLayers: sortedNodes(limits.mostLayers).reverse(),
    byHopInto: sortedNodes(limits.hopInto),
    fill,
    bestPricing,
    unpriced,
  };
}
