import type { SearchSpace } from "./search-space.js";

/** Rounds of narrowing the price of a byte. */
const rounds = 14;
const infinity = Number.POSITIVE_INFINITY;

/** `[node]`: least seconds less `price` per byte over all blocks that the node may run. */
function blockValues(space: SearchSpace, price: number): Float64Array {
  const { nodeCount, layers, computeSec, readBytes, ends } = space;
  const row = layers + 1;
  const positions = [ends.first, ends.middle, ends.last];
  return Float64Array.from({ length: nodeCount }, (_, node) => {
    const base = node * row;
    let least = infinity;
    for (let start = 0; start < layers; start += 1) {
      const far = Math.max(...positions.map((position) => position.far[base + start] ?? 0));
      for (let end = start + 1; end <= far; end += 1) {
        const sec = (computeSec[base + end] ?? 0) - (computeSec[base + start] ?? 0);
        least = Math.min(least, sec - price * ((readBytes[end] ?? 0) - (readBytes[start] ?? 0)));
      }
    }
    return least;
  });
}

/** Least cost of a walk over `size` nodes, each with its value, that never goes straight back to where it came from. */
function leastWalk(space: SearchSpace, values: Float64Array, home: Float64Array, size: number): number {
  const { nodeCount, hopSec, firstSec } = space;
  let best = values.map((value, node) => value + (firstSec[node] ?? 0));
  let from = new Int32Array(nodeCount).fill(-1);
  let second = new Float64Array(nodeCount).fill(infinity);
  for (let step = 1; step < size; step += 1) {
    const nextBest = new Float64Array(nodeCount).fill(infinity);
    const nextSecond = new Float64Array(nodeCount).fill(infinity);
    const nextFrom = new Int32Array(nodeCount).fill(-1);
    for (let last = 0; last < nodeCount; last += 1) {
      const [one, other, came] = [best[last] ?? infinity, second[last] ?? infinity, from[last] ?? -1];
      for (let node = 0; node < nodeCount; node += 1) {
        if (node === last) continue;
        const sec = (came === node ? other : one) + (hopSec[last * nodeCount + node] ?? infinity);
        if (sec < (nextBest[node] ?? infinity)) {
          nextSecond[node] = nextBest[node] ?? infinity;
          nextBest[node] = sec;
          nextFrom[node] = last;
        } else if (sec < (nextSecond[node] ?? infinity)) nextSecond[node] = sec;
      }
    }
    for (let node = 0; node < nodeCount; node += 1) {
      nextBest[node] = (nextBest[node] ?? infinity) + (values[node] ?? infinity);
      nextSecond[node] = (nextSecond[node] ?? infinity) + (values[node] ?? infinity);
    }
    best = nextBest;
    second = nextSecond;
    from = nextFrom;
  }
  return best.reduce((least, sec, node) => Math.min(least, sec + (home[node] ?? infinity)), infinity);
}

/**
 * Lower bound for any plan of `size` nodes in a large cluster. Two things are relaxed: that all bytes are read exactly once
 * (a price per byte takes its place), and that no node comes twice (only going straight back is forbidden; the way home is
 * the cheapest one from the last node). Hops count where the fast nodes really are, which a sum of cheapest hops can't see.
 */
export function walkBound(space: SearchSpace, size: number): number {
  const { nodeCount, layers, readBytes, returnSec, lastSec, secPerByte, overheadSec } = space;
  const bytes = readBytes[layers] ?? 0;
  const home = Float64Array.from({ length: nodeCount }, (_, node) => {
    if (size === 1) return lastSec[node] ?? 0;
    let least = infinity;
    for (let to = 0; to < nodeCount; to += 1) {
      if (to !== node) least = Math.min(least, returnSec[node * nodeCount + to] ?? infinity);
    }
    return least + (lastSec[node] ?? 0);
  });
  const at = (price: number): number => price * bytes + leastWalk(space, blockValues(space, price), home, size);
  const dearest = secPerByte.reduce((most, sec) => Math.max(most, sec), 0);
  const overhead = overheadSec.reduce((most, sec) => Math.max(most, sec), 0);
  let low = 0;
  let high = 3 * (dearest + (overhead * layers) / bytes);
  let best = Math.max(at(low), 0);
  for (let round = 0; round < rounds; round += 1) {
    const third = (high - low) / 3;
    const [left, right] = [at(low + third), at(high - third)];
    best = Math.max(best, left, right);
    if (left < right) low += third;
    else high -= third;
  }
  return best;
}
