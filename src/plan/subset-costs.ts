import type { SearchSpace } from "./search-space.js";
import type { SubsetReach } from "./subset-reach.js";

/** Numbers to keep at most: 48 MB. */
const mostEntries = 6_000_000;
const infinity = Number.POSITIVE_INFINITY;

/**
 * Least cost of what is still to come, for every set of unused nodes, last node and layer (algorithm A of the placement
 * reference, run from the end). Only the way home is relaxed: it counts as the cheapest one from the last node to anybody.
 */
export interface SubsetCosts {
  /** @returns infinity where no plan of the size can go on from there */
  leastRest(unused: number, lastNode: number, layer: number): number;
}

/** Where the numbers of each set are, and which layers they are for. */
interface Windows {
  readonly offset: Int32Array;
  readonly low: Int16Array;
  readonly width: Int16Array;
  readonly entries: number;
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function findWindows(space: SearchSpace, reach: SubsetReach, size: number): Windows {
  const { nodeCount, layers } = space;
  const sets = 2 ** nodeCount;
  const offset = new Int32Array(sets);
  const low = new Int16Array(sets);
  const width = new Int16Array(sets);
  let entries = 0;
  for (let unused = 1; unused < sets - 1; unused += 1) {
    const left = bitCount(unused) - (nodeCount - size);
    if (left < 1 || left >= size) continue;
    const from = Math.max(size - left, reach.firstLayer[left]?.[unused] ?? layers + 1);
    const to = Math.min(layers - left, reach.lastLayer[sets - 1 - unused] ?? -1);
    if (from > to) continue;
    offset[unused] = entries;
    low[unused] = from;
    width[unused] = to - from + 1;
    entries += nodeCount * (to - from + 1);
    if (entries > mostEntries) break;
  }
  return { offset, low, width, entries };
}

/** Seconds of ending with each node: its own extra cost and the cheapest way home. */
function waysHome({ nodeCount, returnSec, lastSec }: SearchSpace): Float64Array {
  return Float64Array.from({ length: nodeCount }, (_, node) => {
    let least = infinity;
    for (let to = 0; to < nodeCount; to += 1) {
      if (to !== node) least = Math.min(least, returnSec[node * nodeCount + to] ?? infinity);
    }
    return least + (lastSec[node] ?? 0);
  });
}

/** Works out the costs for plans of exactly `size` nodes; undefined where the windows are too wide to keep them all. */
export function createSubsetCosts(space: SearchSpace, reach: SubsetReach, size: number): SubsetCosts | undefined {
  const { nodeCount, layers, hopSec, computeSec, ends } = space;
  const windows = findWindows(space, reach, size);
  if (windows.entries > mostEntries) return undefined;
  const { offset, low, width } = windows;
  const row = layers + 1;
  const costs = new Float64Array(windows.entries).fill(infinity);
  const home = waysHome(space);

  /** Least cost of `node` running from `layer` on, and the others of `rest` after it. */
  const blockCost = (rest: number, isLast: boolean, node: number, layer: number): number => {
    const base = node * row;
    const before = computeSec[base + layer] ?? 0;
    if (isLast) {
      const reaches = (ends.last.far[base + layer] ?? 0) >= layers;
      return reaches ? (computeSec[base + layers] ?? 0) - before + (home[node] ?? infinity) : infinity;
    }
    const span = width[rest] ?? 0;
    const bottom = low[rest] ?? 0;
    const at = (offset[rest] ?? 0) + node * span - bottom;
    const top = Math.min(ends.middle.far[base + layer] ?? 0, bottom + span - 1);
    let least = infinity;
    for (let end = Math.max(layer + 1, bottom); end <= top; end += 1) {
      least = Math.min(least, (computeSec[base + end] ?? 0) + (costs[at + end] ?? infinity));
    }
    return least - before;
  };

  const fillSet = (unused: number): void => {
    const span = width[unused] ?? 0;
    const bottom = low[unused] ?? 0;
    const isLast = bitCount(unused) - (nodeCount - size) === 1;
    for (let node = 0; node < nodeCount; node += 1) {
      if ((unused & (1 << node)) === 0) continue;
      for (let layer = bottom; layer < bottom + span; layer += 1) {
        const own = blockCost(unused ^ (1 << node), isLast, node, layer);
        if (own === infinity) continue;
        for (let last = 0; last < nodeCount; last += 1) {
          if ((unused & (1 << last)) !== 0) continue;
          const at = (offset[unused] ?? 0) + last * span + layer - bottom;
          const sec = (hopSec[last * nodeCount + node] ?? infinity) + own;
          if (sec < (costs[at] ?? infinity)) costs[at] = sec;
        }
      }
    }
  };
  for (let unused = 1; unused < 2 ** nodeCount; unused += 1) if ((width[unused] ?? 0) > 0) fillSet(unused);

  return {
    leastRest: (unused, lastNode, layer) => {
      const span = width[unused] ?? 0;
      const at = layer - (low[unused] ?? 0);
      return at < 0 || at >= span ? infinity : (costs[(offset[unused] ?? 0) + lastNode * span + at] ?? infinity);
    },
  };
}
