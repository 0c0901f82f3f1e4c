import { cheapestRounds, cheapestWalks, type WalkEdges, walkEdges } from "./cheapest-walks.js";
import type { SearchSpace } from "./search-space.js";

/** Rounds of narrowing the price of a byte. */
const rounds = 8;
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

/** What no plan of a size can beat. */
export interface WalkBound {
  readonly sec: number;
  /** `[node]`: the same for plans of this size that have the node. */
  readonly withNode: Float64Array;
}

/** Rings by their dearest hop: all others are at most as dear, and the ring can be cut there. */
interface Level {
  readonly there: WalkEdges;
  readonly back: WalkEdges;
  /** The dearest hop takes at least this. */
  readonly cutSec: number;
  /** Few enough edges to follow every ring back to where it began, so that nothing need be cut. */
  readonly isSparse: boolean;
}

/** Edges times nodes that are followed round for round. */
const mostRounds = 4e6;

/** Kinds of rings that are told apart at most. */
const mostLevels = 5;

const transposed = (matrix: Float64Array, size: number): Float64Array =>
  matrix.map((_, at) => matrix[(at % size) * size + Math.floor(at / size)] ?? infinity);

function levelsOf({ nodeCount, hopSec, returnSec }: SearchSpace): readonly Level[] {
  const hops = hopSec.map((sec, at) => Math.min(sec, returnSec[at] ?? infinity));
  const back = transposed(hops, nodeCount);
  const values = [...new Set(hops)].filter((sec) => sec < infinity).toSorted((left, right) => left - right);
  const every = Math.ceil(values.length / mostLevels);
  const tops = values.filter((_, index) => index % every === every - 1 || index === values.length - 1);
  return tops.map((top, index) => {
    const there = walkEdges(hops, nodeCount, top);
    const cutSec = values[values.indexOf(tops[index - 1] ?? -1) + 1] ?? top;
    const isSparse = there.to.length * nodeCount <= mostRounds;
    return { there, back: walkEdges(back, nodeCount, top), cutSec, isSparse };
  });
}

/**
 * A bound for plans of several sizes in one large cluster.
 *
 * @param mostSec plans that cost more are of no interest: the bound may say infinity for them
 */
export type WalkBoundOf = (size: number, mostSec: number) => WalkBound;

/**
 * Lower bounds for plans of two nodes or more in a large cluster. Two things are relaxed: that all bytes are read exactly
 * once (a price per byte takes its place), and that no node comes twice (only going straight back is forbidden). A ring is
 * cut at its dearest hop, so that hops count where the fast nodes really are, which a sum of cheapest hops can't see.
 */
export function createWalkBound(space: SearchSpace): WalkBoundOf {
  const { nodeCount, layers, readBytes, secPerByte, overheadSec, firstSec, lastSec } = space;
  const levels = levelsOf(space);
  const bytes = readBytes[layers] ?? 0;
  const least = (values: Float64Array): number => values.reduce((low, value) => Math.min(low, value), infinity);
  const heads = least(firstSec) + least(lastSec);
  const dearest = secPerByte.reduce((most, sec) => Math.max(most, sec), 0);
  const overhead = overheadSec.reduce((most, sec) => Math.max(most, sec), 0);
  const highest = 3 * (dearest + (overhead * layers) / bytes);

  const secAt = (price: number, size: number): number => {
    const values = blockValues(space, price);
    const walked = levels.map(
      ({ there, cutSec }) => least(cheapestWalks(values, there, size)[size - 1] ?? values) + cutSec,
    );
    return price * bytes + heads + Math.min(...walked);
  };

  /** The bound is concave in the price: golden section. */
  const bestPrice = (size: number, mostSec: number): number => {
    const golden = (Math.sqrt(5) - 1) / 2;
    const at = (price: number) => ({ price, sec: secAt(price, size) });
    let [low, high] = [0, highest];
    let left = at(high - golden * (high - low));
    let right = at(low + golden * (high - low));
    for (let round = 0; round < rounds && Math.max(left.sec, right.sec) < mostSec; round += 1) {
      if (left.sec < right.sec) {
        low = left.price;
        left = right;
        right = at(low + golden * (high - low));
      } else {
        high = right.price;
        right = left;
        left = at(high - golden * (high - low));
      }
    }
    return left.sec > right.sec ? left.price : right.price;
  };

  return (size, mostSec) => {
    const price = bestPrice(size, mostSec);
    const values = blockValues(space, price);
    const always = price * bytes + heads;
    const withNode = new Float64Array(nodeCount).fill(infinity);
    const note = (node: number, sec: number): void => {
      if (sec < (withNode[node] ?? infinity)) withNode[node] = sec;
    };
    for (const { there, back, cutSec, isSparse } of levels) {
      if (isSparse) {
        cheapestRounds(values, there, size, mostSec - always).forEach((round, node) => {
          note(node, always + round);
        });
        continue;
      }
      const before = cheapestWalks(values, there, size);
      const after = cheapestWalks(values, back, size);
      for (let node = 0; node < nodeCount; node += 1) {
        for (let step = 0; step < size; step += 1) {
          const through = (before[step]?.[node] ?? infinity) + (after[size - 1 - step]?.[node] ?? infinity);
          note(node, always + cutSec + through - (values[node] ?? 0));
        }
      }
    }
    return { sec: least(withNode), withNode };
  };
}
