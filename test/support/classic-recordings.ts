import { readFileSync } from "node:fs";
import type { ClassicMachine, ClassicTopology } from "../../src/cluster/classic-topology.js";

const folder = new URL("../fixtures/exo/0.0.15/", import.meta.url);

/** A recorded answer of exo 0.0.15, by its path in the fixtures, without the ending of JSON files. */
export const recordedText = (path: string): string => readFileSync(new URL(path, folder), "utf8");
// biome-ignore lint/suspicious/noExplicitAny: recordings have as many shapes as files, and each test knows the one it reads
export const recording = (path: string): any => JSON.parse(recordedText(`${path}.json`));

/** What exo's own functions computed inside one node. Ranges have both ends included, as exo counts. */
export interface RecordedComputation {
  readonly node: string;
  readonly memory: Readonly<Record<string, number>>;
  readonly partitions: readonly (readonly [id: string, start: number, end: number])[];
  /** Without empty ones. */
  readonly shards: readonly (readonly [first: number, last: number])[];
  readonly own_shard: { readonly start_layer: number; readonly end_layer: number; readonly n_layers: number } | string;
}

export const aMachine = (memoryMb: number): ClassicMachine => ({
  model: "Mac Studio",
  chip: "Apple M2 Ultra",
  memoryMb,
  flops: { fp32: 26.98, fp16: 53.96, int8: 107.92 },
});

/** What a node with these values in its memory says of itself: it reaches everyone it lists. */
export const aTopology = (node: string, memoryMb: Readonly<Record<string, number>>): ClassicTopology => ({
  nodes: new Map(Object.entries(memoryMb).map(([id, memory]) => [id, aMachine(memory)])),
  edges: Object.keys(memoryMb)
    .filter((id) => id !== node)
    .map((to) => ({ from: node, to, description: "MAN" })),
});
