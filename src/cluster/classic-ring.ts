import type { LayerRange } from "./layer-range.js";

/** A node as exo 0.0.x sees it. */
export interface ClassicNode {
  readonly id: string;
  /** All of its memory, in any unit. */
  readonly memory: number;
}

/** A share of the ring, end excluded, between 0 and 1. */
export interface ClassicPartition {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** The layers that exo 0.0.x gives to one node, end excluded. */
export interface ClassicShard {
  readonly node: string;
  readonly layers: LayerRange;
}

/**
 * Python's `round(value, 5)` of a number between 0 and 2. `toFixed` looks at the exact double as Python does; only exact
 * ties differ, which go to the even digit in Python and up here. A tie at the fifth digit is an odd multiple of 1/64.
 */
export function roundShare(value: number): number {
  const up = Number(value.toFixed(5));
  const isTie = Number.isInteger(value * 64) && (value * 64) % 2 !== 0;
  const lastDigit = Math.round(up * 1e5) % 10;
  return isTie && lastDigit % 2 !== 0 ? Number(((Math.round(up * 1e5) - 1) / 1e5).toFixed(5)) : up;
}

/** Order of texts as Python has it: by code points, where JavaScript's `<` goes by UTF-16 units. */
export function compareCodePoints(left: string, right: string): number {
  const [rights, lefts] = [[...right], [...left]];
  for (const [at, letter] of lefts.entries()) {
    const difference = (letter.codePointAt(0) ?? 0) - (rights[at]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return lefts.length - rights.length;
}

/** Shares of the ring by memory, largest first; equal ones by id, last first (exo-0x reference 8.1). */
export function classicPartitions(nodes: readonly ClassicNode[]): readonly ClassicPartition[] {
  const sorted = nodes.toSorted((left, right) => right.memory - left.memory || compareCodePoints(right.id, left.id));
  const total = sorted.reduce((sum, node) => sum + node.memory, 0);
  const partitions: ClassicPartition[] = [];
  let start = 0;
  for (const { id, memory } of sorted) {
    const end = roundShare(start + memory / total);
    partitions.push({ id, start, end });
    start = end;
  }
  return partitions;
}

/** Layers of each partition, end excluded, in ring order. Nodes whose share is too small for a layer get an empty range. */
export const classicShards = (partitions: readonly ClassicPartition[], layers: number): readonly ClassicShard[] =>
  partitions.map(({ id, start, end }, index) => ({
    node: id,
    layers: {
      start: Math.trunc(start * layers),
      end: index === partitions.length - 1 ? layers : Math.trunc(end * layers),
    },
  }));

/**
 * The layers that a node finds for itself, which is not always what the ring means: exo looks its own up by its place in the
 * ring, in a list from which empty ranges were taken out. After an empty one every node takes the range of the next.
 *
 * @param shards as `classicShards` gives them
 * @returns undefined where exo fails with an index error
 */
export function ownClassicRange(shards: readonly ClassicShard[], node: string): LayerRange | undefined {
  const place = shards.findIndex((shard) => shard.node === node);
  return shards.filter(({ layers }) => layers.end > layers.start)[place]?.layers;
}
