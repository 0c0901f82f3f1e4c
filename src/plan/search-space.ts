import type { EndsByPosition } from "./block-ends.js";
import { timeTolerance } from "./block-ends.js";
import type { CostTables } from "./cost-tables.js";
import type { OutputPolicy, PlanProblem } from "./plan-problem.js";

/**
 * An additive search problem: choose an order of nodes and boundaries so that the sum of block, hop, first and last costs
 * is least. Every objective is an instance of it.
 */
export interface SearchSpace {
  readonly nodeCount: number;
  readonly layers: number;
  /** Bytes read by layers 0 to l: what the bound distributes. */
  readonly readBytes: Float64Array;
  readonly secPerByte: Float64Array;
  readonly overheadSec: Float64Array;
  readonly computeSec: Float64Array;
  readonly hopSec: Float64Array;
  readonly returnSec: Float64Array;
  /** Cost of being the first, or the last, in the ring. */
  readonly firstSec: Float64Array;
  readonly lastSec: Float64Array;
  readonly ends: EndsByPosition;
  /** Nodes with the same number can be swapped without changing any cost. */
  readonly twinClass: Int32Array;
}

const keepBelow = (costs: Float64Array, transfers: Float64Array, limit: number): Float64Array =>
  limit === Number.POSITIVE_INFINITY
    ? costs
    : costs.map((cost, at) => ((transfers[at] ?? 0) <= limit ? cost : Number.POSITIVE_INFINITY));

/** The space of the latency objective, where no stage and no link may take longer than `periodSec` in a step. */
export function latencySpace(
  problem: PlanProblem,
  tables: CostTables,
  ends: EndsByPosition,
  periodSec = Number.POSITIVE_INFINITY,
): SearchSpace {
  const limit = periodSec * (1 + timeTolerance);
  const nothing = new Float64Array(tables.nodes.length);
  const { outputPolicy } = problem;
  return {
    nodeCount: tables.nodes.length,
    layers: tables.layers,
    readBytes: tables.readBytes,
    secPerByte: Float64Array.from(tables.nodes, (node) => 1 / node.effBytesPerSec),
    overheadSec: Float64Array.from(tables.nodes, (node) => node.overheadSecPerLayer),
    computeSec: tables.computeSec,
    hopSec: keepBelow(tables.hopSec, tables.hopTransferSec, limit),
    returnSec: keepBelow(tables.returnSec, tables.returnTransferSec, limit),
    firstSec: chargesFirst(outputPolicy) ? tables.headSec : nothing,
    lastSec: chargesFirst(outputPolicy) ? nothing : tables.headSec,
    ends,
    twinClass: findTwins(problem, tables),
  };
}

/** The critical path has one output head: that of rank 0 today, that of the last rank under `tail`. */
const chargesFirst = (policy: OutputPolicy): boolean => policy === "replicated";

/** Pairs of links that are compared at most: where nodes differ in a few cables only, comparing takes longer than it saves. */
const mostCompared = 20e6;

/** Groups nodes that are alike in themselves and in all their links. Only the first unused of a group need be tried. */
function findTwins(problem: PlanProblem, tables: CostTables): Int32Array {
  const size = tables.nodes.length;
  const pinned = new Set(problem.pins.map((pin) => pin.node));
  const link = (table: Float64Array, from: number, to: number): number => table[from * size + to] ?? 0;
  let compared = 0;
  const sameLinks = (table: Float64Array, one: number, other: number): boolean => {
    if (link(table, one, other) !== link(table, other, one)) return false;
    for (let third = 0; third < size; third += 1) {
      if (third === one || third === other) continue;
      compared += 1;
      if (link(table, one, third) !== link(table, other, third)) return false;
      if (link(table, third, one) !== link(table, third, other)) return false;
    }
    return true;
  };
  const links = [tables.hopSec, tables.returnSec, tables.hopTransferSec, tables.returnTransferSec];
  const alike = (one: number, other: number): boolean => {
    const left = tables.nodes[one];
    const right = tables.nodes[other];
    if (left === undefined || right === undefined || pinned.has(left.name) || pinned.has(right.name)) return false;
    return (
      left.effBytesPerSec === right.effBytesPerSec &&
      left.overheadSecPerLayer === right.overheadSecPerLayer &&
      left.budgetBytes - left.reserveBytes === right.budgetBytes - right.reserveBytes &&
      links.every((table) => sameLinks(table, one, other))
    );
  };
  const classes = Int32Array.from({ length: size }, (_, index) => index);
  for (let node = 1; node < size && compared < mostCompared; node += 1) {
    for (let earlier = 0; earlier < node; earlier += 1) {
      if (classes[earlier] !== earlier || !alike(earlier, node)) continue;
      classes[node] = earlier;
      break;
    }
  }
  return classes;
}
