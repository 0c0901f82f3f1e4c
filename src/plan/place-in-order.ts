import { positionOf } from "./cost-model.js";
import type { SearchSpace } from "./search-space.js";

const infinity = Number.POSITIVE_INFINITY;

/** Costs that differ by a smaller fraction are the same: ties. */
export const tieTolerance = 1e-12;

/** Nodes in the order of a ring, with what the best boundaries for it cost. */
export interface FoundOrder {
  /** Node numbers by rank. */
  readonly order: readonly number[];
  readonly sec: number;
}

/** Cost of going on from rank `rank`: the hop to the next one, or home and the head of the last. */
function onward(space: SearchSpace, order: readonly number[], rank: number): number {
  const node = order[rank] ?? 0;
  const next = order[rank + 1];
  if (next !== undefined) return space.hopSec[node * space.nodeCount + next] ?? infinity;
  const home = order.length === 1 ? 0 : (space.returnSec[node * space.nodeCount + (order[0] ?? 0)] ?? infinity);
  return home + (space.lastSec[node] ?? 0);
}

/** `[rank][s]`: least cost of layers s to the end on this rank and those after it, with all hops from there on. */
function restCosts(space: SearchSpace, order: readonly number[]): readonly Float64Array[] {
  const { layers, computeSec } = space;
  const rest = Array.from({ length: order.length + 1 }, () => new Float64Array(layers + 1).fill(infinity));
  rest[order.length]?.fill(0, layers);
  for (let rank = order.length - 1; rank >= 0; rank -= 1) {
    const base = (order[rank] ?? 0) * (layers + 1);
    const { near, far } = space.ends[positionOf(rank, order.length)];
    const toNext = onward(space, order, rank);
    const own = rest[rank] ?? new Float64Array();
    const after = rest[rank + 1] ?? new Float64Array();
    for (let start = 0; start < layers; start += 1) {
      let least = infinity;
      const last = far[base + start] ?? 0;
      for (let end = near[base + start] ?? 0; end <= last; end += 1) {
        least = Math.min(least, (computeSec[base + end] ?? 0) + (after[end] ?? infinity));
      }
      own[start] = least - (computeSec[base + start] ?? 0) + toNext;
    }
  }
  return rest;
}

/** Cost of the best boundaries for these nodes in this order; infinite when there are none. */
export const leastSecInOrder = (space: SearchSpace, order: readonly number[]): number =>
  (space.firstSec[order[0] ?? 0] ?? 0) + (restCosts(space, order)[0]?.[0] ?? infinity);

/**
 * The lowest boundaries, rank by rank, among all placements on these nodes in this order that cost at most `atMostSec`.
 *
 * @returns the end layer of each rank, or undefined when no placement is that cheap
 */
export function placeInOrder(
  space: SearchSpace,
  order: readonly number[],
  atMostSec: number,
): readonly number[] | undefined {
  const rest = restCosts(space, order);
  const ends: number[] = [];
  let spent = space.firstSec[order[0] ?? 0] ?? 0;
  for (let rank = 0; rank < order.length; rank += 1) {
    const at = (order[rank] ?? 0) * (space.layers + 1) + (ends.at(-1) ?? 0);
    const base = at - (ends.at(-1) ?? 0);
    const { near, far } = space.ends[positionOf(rank, order.length)];
    const soFar = spent + onward(space, order, rank) - (space.computeSec[at] ?? 0);
    const secUntil = (end: number): number => soFar + (space.computeSec[base + end] ?? 0);
    let end = near[at] ?? 0;
    while (end <= (far[at] ?? 0) && secUntil(end) + (rest[rank + 1]?.[end] ?? infinity) > atMostSec) end += 1;
    if (end > (far[at] ?? 0)) return undefined;
    spent = secUntil(end);
    ends.push(end);
  }
  return ends;
}
