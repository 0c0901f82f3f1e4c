import type { SearchSpace } from "./search-space.js";

/** Sets of nodes are bit masks; so many nodes at most. */
const mostSetNodes = 16;

/**
 * Whether blocks could cover all layers, links and their cost aside. False is a proof that there is no placement; true is none
 * that there is one.
 */
export function couldCover(space: SearchSpace, maxNodes: number): boolean {
  if (!countsSuffice(space, maxNodes)) return false;
  return space.nodeCount > mostSetNodes || hasPins(space) || someSetCovers(space, maxNodes);
}

/** Blocks that must begin or end somewhere: then it may be wrong to take as many layers as possible. */
function hasPins({ nodeCount, layers, ends }: SearchSpace): boolean {
  const row = layers + 1;
  return Object.values(ends).some(({ near, far }) => {
    for (let at = 0; at < nodeCount * row; at += 1) {
      if ((near[at] ?? 0) !== (at % row) + 1 || (at % row > 0 && (far[at] ?? 0) < (far[at - 1] ?? 0))) return true;
    }
    return false;
  });
}

/** What a usual layer and a dear one count: only one kind, all alike, and several between. */
const weights = [
  [1, 1],
  [0, 1],
  [1, 2],
  [2, 3],
  [1, 3],
  [1, 4],
  [2, 1],
  [1, 0],
] as const;

/**
 * Counts layers by weights under which a short supply of one kind of them shows. A node gives at most what its best block
 * has.
 */
function countsSuffice(space: SearchSpace, maxNodes: number): boolean {
  const { layers, readBytes } = space;
  const bytes = Array.from({ length: layers }, (_, layer) => (readBytes[layer + 1] ?? 0) - (readBytes[layer] ?? 0));
  const dear = Math.max(...bytes) * (1 - 1e-9);
  return weights.every(([usual, high]) => {
    const upTo = new Int32Array(layers + 1);
    bytes.forEach((value, layer) => {
      upTo[layer + 1] = (upTo[layer] ?? 0) + (value >= dear ? high : usual);
    });
    const most = mostByNode(space, upTo).sort().reverse();
    return most.subarray(0, maxNodes).reduce((sum, count) => sum + count, 0) >= (upTo[layers] ?? 0);
  });
}

/** `[node]`: the most of what `upTo` counts that one block of the node has. */
function mostByNode({ nodeCount, layers, ends }: SearchSpace, upTo: Int32Array): Int32Array {
  const row = layers + 1;
  return Int32Array.from({ length: nodeCount }, (_, node) => {
    let most = 0;
    for (const { near, far } of Object.values(ends)) {
      for (let start = 0; start < layers; start += 1) {
        const end = far[node * row + start] ?? 0;
        if (end >= (near[node * row + start] ?? 0)) most = Math.max(most, (upTo[end] ?? 0) - (upTo[start] ?? 0));
      }
    }
    return most;
  });
}

/**
 * Looks at every set of nodes: `reach[set]` is the layer up to which all of it can run everything. Every part of a block
 * that may run may run, so a later start never ends earlier, and taking as many layers as possible is never wrong.
 */
function someSetCovers({ nodeCount, layers, ends }: SearchSpace, maxNodes: number): boolean {
  const row = layers + 1;
  const sets = 2 ** nodeCount;
  const reach = new Int16Array(sets).fill(-1);
  const size = new Uint8Array(sets);
  for (let set = 1; set < sets; set += 1) {
    size[set] = (size[set & (set - 1)] ?? 0) + 1;
    if ((size[set] ?? 0) > maxNodes) continue;
    for (let node = 0; node < nodeCount; node += 1) {
      const rest = set & ~(1 << node);
      if (rest === set) continue;
      const start = rest === 0 ? 0 : (reach[rest] ?? -1);
      if (start < 0) continue;
      const at = node * row + start;
      if (((rest === 0 ? ends.only : ends.last).far[at] ?? 0) >= layers) return true;
      const end = (rest === 0 ? ends.first : ends.middle).far[at] ?? 0;
      if (end > start && end > (reach[set] ?? -1)) reach[set] = end;
    }
  }
  return false;
}
