import { heldKvBytes, readKvBytes } from "../models/kv-cache.js";
import { fixedBytes, readWeightBytes } from "../models/model-bytes.js";
import {
  headSec,
  hopBytes,
  hopSec,
  layersSec,
  returnBytes,
  type StagePosition,
  transferSec,
  vocabularyAt,
} from "./cost-model.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";

/**
 * Everything that a search asks for, as sums and matrices. Nodes are numbered in order of their names, so nothing depends
 * on the order of a request. Matrices are row by row: entry `from * nodes.length + to`; infinite where there is no link.
 */
export interface CostTables {
  readonly nodes: readonly PlanNode[];
  readonly layers: number;
  /** Bytes that one step reads in layers 0 to l, l excluded. */
  readonly readBytes: Float64Array;
  /** Bytes of weights and KV caches of layers 0 to l, l excluded. */
  readonly storedBytes: Float64Array;
  /** Seconds of layers 0 to l, l excluded, on each node: entry `node * (layers + 1) + l`. */
  readonly computeSec: Float64Array;
  readonly headSec: Float64Array;
  readonly hopSec: Float64Array;
  readonly returnSec: Float64Array;
  readonly hopTransferSec: Float64Array;
  readonly returnTransferSec: Float64Array;
  /** Memory that layers and vocabulary matrices may take: budget less reserve. */
  readonly roomBytes: Float64Array;
  readonly fixedBytes: Readonly<Record<StagePosition, number>>;
}

/** Orders texts by code units: the same on every machine. */
export const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

function prefixSums(layers: number, bytesOf: (layer: number) => number): Float64Array {
  const sums = new Float64Array(layers + 1);
  let sum = 0;
  for (let layer = 0; layer < layers; layer += 1) {
    sum += bytesOf(layer);
    sums[layer + 1] = sum;
  }
  return sums;
}

function linkTables(problem: PlanProblem, nodes: readonly PlanNode[]) {
  const { model, outputPolicy, workload, defaultLink } = problem;
  const size = nodes.length;
  const forward = hopBytes(model, workload.batch);
  const back = returnBytes(model, workload.batch, outputPolicy);
  const matrix = (): Float64Array => new Float64Array(size * size).fill(Number.POSITIVE_INFINITY);
  const tables = { hopSec: matrix(), returnSec: matrix(), hopTransferSec: matrix(), returnTransferSec: matrix() };
  const set = (at: number, link: { readonly alphaSec: number; readonly bytesPerSec: number }): void => {
    tables.hopSec[at] = hopSec(link, forward);
    tables.returnSec[at] = hopSec(link, back);
    tables.hopTransferSec[at] = transferSec(link, forward);
    tables.returnTransferSec[at] = transferSec(link, back);
  };
  if (defaultLink !== undefined) {
    for (let at = 0; at < size * size; at += 1) if (at % (size + 1) !== 0) set(at, defaultLink);
  }
  const indexOf = new Map(nodes.map((node, index) => [node.name, index]));
  for (const link of problem.links) {
    const from = indexOf.get(link.from);
    const to = indexOf.get(link.to);
    if (from !== undefined && to !== undefined && from !== to) set(from * size + to, link);
  }
  return tables;
}

/** Computes the tables of `problem` for the named subset of its nodes: those that may take layers, or all. */
export function prepareTables(problem: PlanProblem, which: "usable" | "all"): CostTables {
  const { model, workload, outputPolicy } = problem;
  const nodes = problem.nodes
    .filter((node) => which === "all" || !node.cordoned)
    .toSorted((left, right) => compareText(left.name, right.name));
  const read = readWeightBytes(model, workload.batch);
  const readBytes = prefixSums(
    model.layers,
    (layer) => read + workload.batch * readKvBytes(model, layer, workload.contextTokens),
  );
  const storedBytes = prefixSums(
    model.layers,
    (layer) => model.weightBytesPerLayer + workload.concurrency * heldKvBytes(model, layer, workload.contextTokens),
  );
  const row = model.layers + 1;
  const computeSec = new Float64Array(nodes.length * row);
  nodes.forEach((node, index) => {
    for (let end = 0; end < row; end += 1) computeSec[index * row + end] = layersSec(node, end, readBytes[end] ?? 0);
  });
  const fixedAt = (position: StagePosition): number => fixedBytes(model, vocabularyAt(outputPolicy, position));
  return {
    nodes,
    layers: model.layers,
    readBytes,
    storedBytes,
    computeSec,
    headSec: Float64Array.from(nodes, (node) => headSec(node, model)),
    roomBytes: Float64Array.from(nodes, (node) => node.budgetBytes - node.reserveBytes),
    fixedBytes: {
      only: fixedAt("only"),
      first: fixedAt("first"),
      middle: fixedAt("middle"),
      last: fixedAt("last"),
    },
    ...linkTables(problem, nodes),
  };
}
