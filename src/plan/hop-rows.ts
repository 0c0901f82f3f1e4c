import type { SearchSpace } from "./search-space.js";

/**
 * The hops of a large cluster, most of which cost the same: one switch, and a few cables that are quicker or slower. What
 * goes over the switch need not be looked at pair by pair.
 */
export interface HopRows {
  /** The cost that most pairs have; infinity where most pairs are not linked. */
  readonly usualSec: number;
  /** `[node]`: where its other hops begin in the lists; one entry more than nodes. */
  readonly begin: Int32Array;
  readonly to: Int32Array;
  readonly sec: Float64Array;
}

function usualOf(hopSec: Float64Array, nodeCount: number): number {
  const counts = new Map<number, number>();
  let usual = Number.POSITIVE_INFINITY;
  for (let at = 0; at < hopSec.length; at += 1) {
    if (at % (nodeCount + 1) === 0) continue;
    const sec = hopSec[at] ?? Number.POSITIVE_INFINITY;
    const count = (counts.get(sec) ?? 0) + 1;
    counts.set(sec, count);
    if (count > (counts.get(usual) ?? 0)) usual = sec;
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
    for (let node = 0; node < nodeCount; node += 1) {
      const cost = hopSec[from * nodeCount + node] ?? Number.POSITIVE_INFINITY;
      if (node === from || cost === usualSec || cost === Number.POSITIVE_INFINITY) continue;
      to.push(node);
      sec.push(cost);
    }
    begin[from + 1] = to.length;
  }
  return { usualSec, begin, to: Int32Array.from(to), sec: Float64Array.from(sec) };
}
