import type { SearchSpace } from "./search-space.js";

/**
 * Lower bound for the compute time of all layers on some nodes. Layers are relaxed to bytes that may be split freely: node j
 * takes a byte for `1/beta_j` plus what its per-layer overhead exceeds the smallest one by, spread over the largest layer,
 * and at most as many bytes as its largest block reads. Filling the cheapest nodes first is then optimal.
 */
export interface ComputeBound {
  /** `[node]`: layers in its longest block. */
  readonly mostLayers: Int32Array;
  /** @param isIn `[node]`: 1 for nodes that take part. @returns infinity where they can't hold everything */
  leastSec(isIn: Uint8Array): number;
}

/** Sums of the same bytes in another order differ by less than this fraction. */
const roundingTolerance = 1e-12;

export function createComputeBound({
  nodeCount,
  layers,
  readBytes,
  ends,
  secPerByte,
  overheadSec,
}: SearchSpace): ComputeBound {
  const row = layers + 1;
  const mostLayers = new Int32Array(nodeCount);
  const mostBytes = new Float64Array(nodeCount);
  for (let node = 0; node < nodeCount; node += 1) {
    for (const { near, far } of Object.values(ends)) {
      for (let start = 0; start < layers; start += 1) {
        const end = far[node * row + start] ?? 0;
        if (end < (near[node * row + start] ?? 0)) continue;
        mostLayers[node] = Math.max(mostLayers[node] ?? 0, end - start);
        mostBytes[node] = Math.max(mostBytes[node] ?? 0, (readBytes[end] ?? 0) - (readBytes[start] ?? 0));
      }
    }
  }
  const leastOverhead = Math.min(...overheadSec);
  const largest = Math.max(...readBytes.map((bytes, layer) => bytes - (readBytes[layer - 1] ?? bytes)));
  const byteSec = secPerByte.map((sec, node) => sec + ((overheadSec[node] ?? 0) - leastOverhead) / largest);
  const cheapestFirst = Array.from(byteSec.keys()).sort(
    (left, right) => (byteSec[left] ?? 0) - (byteSec[right] ?? 0) || left - right,
  );
  return {
    mostLayers,
    leastSec: (isIn) => {
      const all = readBytes[layers] ?? 0;
      let wanted = all;
      let sec = layers * leastOverhead;
      for (const node of cheapestFirst) {
        if (isIn[node] !== 1 || wanted <= 0) continue;
        const bytes = Math.min(wanted, mostBytes[node] ?? 0);
        sec += bytes * (byteSec[node] ?? 0);
        wanted -= bytes;
      }
      return wanted > all * roundingTolerance ? Number.POSITIVE_INFINITY : sec;
    },
  };
}
