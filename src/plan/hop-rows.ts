import type { SearchSpace } from "./search-space.js";

/**
 * The hops of a large cluster, most of which cost the same: one switch, and a few cables that are quicker or slower. What
 * goes over the switch need not be looked at pair by pair.
 */
export interface HopRows {
  /** The cost that most pairs have; infinity where most pairs are not linked. */
  readonly usualSec: number;
  /** `[node]`: where its other hops begin in the lists, the cheapest first; one entry more than nodes. */
  readonly begin: Int32Array;
  readonly to: Int32Array;
  readonly sec: Float64Array;
}

function usualOf(hopSec: Float64Array, nodeCount: number): number {
  // The count of the usual cost itself stays out of the map: nearly every pair has it.
  const counts = new Map<number, number>();
  let usual = Number.POSITIVE_INFINITY;
  let usualCount = 0;
  for (let at = 0; at < hopSec.length; at += 1) {
    if (at % (nodeCount + 1) === 0) continue;
    const sec = hopSec[at] ?? Number.POSITIVE_INFINITY;
    if (sec === usual) {
      usualCount += 1;
      continue;
    }
    const count = (counts.get(sec) ?? 0) + 1;
    counts.set(sec, count);
    if (count <= usualCount) continue;
    counts.set(usual, usualCount);
    usual = sec;
    usualCount = count;
  }
  return usual;
}

/** Sorts the hops of a space into the usual ones and the others. */
export function hopRows({ nodeCount, hopSec }: SearchSpace): HopRows {
  const usualSec = usualOf(hopSec, nodeCount);
  const begin = new Int32Array(nodeCount + 1);
  const to: number[] = [];
  const sec: number[] = [];
  for (let from = 0; from < nodeCount; from += 1) {
    const costTo = (node: number): number => hopSec[from * nodeCount + node] ?? Number.POSITIVE_INFINITY;
    const unusual: number[] = [];
    for (let node = 0; node < nodeCount; node += 1) {
      if (node !== from && costTo(node) !== usualSec && costTo(node) < Number.POSITIVE_INFINITY) unusual.push(node);
    }
    unusual.sort((left, right) => costTo(left) - costTo(right) || left - right);
    for (const node of unusual) {
      to.push(node);
      sec.push(costTo(node));
    }
    begin[from + 1] = to.length;
  }
  return { usualSec, begin, to: Int32Array.from(to), sec: Float64Array.from(sec) };
}
