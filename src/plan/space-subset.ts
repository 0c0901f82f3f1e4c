import type { BlockEnds } from "./block-ends.js";
import type { SearchSpace } from "./search-space.js";

/** The same search space with only some of its nodes, renumbered in the order given. */
export function restrictSpace(space: SearchSpace, nodes: readonly number[]): SearchSpace {
  const row = space.layers + 1;
  const all = space.nodeCount;
  const ofNode = (values: Float64Array): Float64Array => Float64Array.from(nodes, (node) => values[node] ?? 0);
  const ofRow = (values: Float64Array | Int32Array): number[] =>
    nodes.flatMap((node) => [...values.subarray(node * row, (node + 1) * row)]);
  const ofPair = (values: Float64Array): Float64Array =>
    Float64Array.from(nodes.flatMap((from) => nodes.map((to) => values[from * all + to] ?? 0)));
  const ends = ({ near, far }: BlockEnds): BlockEnds => ({
    near: Int32Array.from(ofRow(near)),
    far: Int32Array.from(ofRow(far)),
  });
  const classOf = (node: number): number => space.twinClass[node] ?? node;
  return {
    nodeCount: nodes.length,
    layers: space.layers,
    readBytes: space.readBytes,
    secPerByte: ofNode(space.secPerByte),
    overheadSec: ofNode(space.overheadSec),
    computeSec: Float64Array.from(ofRow(space.computeSec)),
    hopSec: ofPair(space.hopSec),
    returnSec: ofPair(space.returnSec),
    firstSec: ofNode(space.firstSec),
    lastSec: ofNode(space.lastSec),
    ends: {
      only: ends(space.ends.only),
      first: ends(space.ends.first),
      middle: ends(space.ends.middle),
      last: ends(space.ends.last),
    },
    twinClass: Int32Array.from(nodes, (node) => nodes.findIndex((other) => classOf(other) === classOf(node))),
  };
}
