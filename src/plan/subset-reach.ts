import type { BlockEnds } from "./block-ends.js";
import type { SearchSpace } from "./search-space.js";

/** Sets of nodes are bit masks; so many nodes at most. */
export const mostSubsetNodes = 16;

/**
 * How far sets of nodes can get, whatever links there are and whoever follows whom. No order of nodes does better, so a
 * search may drop everything that lies outside.
 */
export interface SubsetReach {
  /** `[k][set]`: the first layer from which some k nodes of the set can run everything to the end; layers + 1 if none can. */
  readonly firstLayer: readonly Int16Array[];
  /** `[set]`: the last layer up to which all of the set can run everything from the beginning; -1 if they can't. */
  readonly lastLayer: Int16Array;
}

/** `[node * row + end]`: the first layer of the longest block of the node that ends there. */
function farthestStarts(space: SearchSpace, { far }: BlockEnds): Int32Array {
  const row = space.layers + 1;
  const starts = new Int32Array(space.nodeCount * row);
  for (let node = 0; node < space.nodeCount; node += 1) {
    let start = 0;
    for (let end = 0; end < row; end += 1) {
      while (start < end && (far[node * row + start] ?? 0) < end) start += 1;
      starts[node * row + end] = start;
    }
  }
  return starts;
}

/**
 * Works out the reach of all sets. A block that may run is made of blocks that may run, so taking as many layers as possible
 * is never wrong: this needs a space without pinned layers.
 */
export function createSubsetReach(space: SearchSpace, mostNodes: number): SubsetReach {
  const { nodeCount, layers, ends } = space;
  const row = layers + 1;
  const sets = 2 ** nodeCount;
  const lastStart = farthestStarts(space, ends.last);
  const middleStart = farthestStarts(space, ends.middle);
  const firstLayer = Array.from({ length: mostNodes + 1 }, () => new Int16Array(sets).fill(row));
  for (let set = 1; set < sets; set += 1) {
    for (let count = 1; count <= mostNodes; count += 1) {
      const from = firstLayer[count] ?? new Int16Array();
      const fewer = firstLayer[count - 1] ?? from;
      let least = row;
      for (let node = 0; node < nodeCount; node += 1) {
        const bit = 1 << node;
        if ((set & bit) === 0) continue;
        const rest = set ^ bit;
        least = Math.min(least, from[rest] ?? row);
        const next = count === 1 ? layers : (fewer[rest] ?? row);
        if (next > layers) continue;
        const start = (count === 1 ? lastStart : middleStart)[node * row + next] ?? row;
        if (start < next) least = Math.min(least, start);
      }
      from[set] = least;
    }
  }
  return { firstLayer, lastLayer: lastLayers(space, sets) };
}

function lastLayers(space: SearchSpace, sets: number): Int16Array {
  const { nodeCount, layers, ends } = space;
  const row = layers + 1;
  const lastLayer = new Int16Array(sets).fill(-1);
  for (let set = 1; set < sets; set += 1) {
    let most = -1;
    for (let node = 0; node < nodeCount; node += 1) {
      const bit = 1 << node;
      if ((set & bit) === 0) continue;
      const rest = set ^ bit;
      const start = rest === 0 ? 0 : (lastLayer[rest] ?? -1);
      if (start < 0) continue;
      const end = (rest === 0 ? ends.first : ends.middle).far[node * row + Math.min(start, layers)] ?? 0;
      if (rest !== 0 || end > 0) most = Math.max(most, end);
    }
    lastLayer[set] = most;
  }
  return lastLayer;
}
