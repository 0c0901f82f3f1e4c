import { findBlockEnds } from "./block-ends.js";
import { type ChosenCopy, chooseCopy } from "./choose-copy.js";
import { createComputeBound } from "./compute-bound.js";
import { type CostTables, prepareTables } from "./cost-tables.js";
import type { PlanProblem } from "./plan-problem.js";
import { latencySpace, type SearchSpace } from "./search-space.js";
import type { WorkBudget } from "./work-budget.js";

/** What one copy on exactly a set of nodes brings: at first a bound, and the truth once it is worked out. */
export interface CopyRates {
  readonly nodeCount: number;
  /** Nodes with pinned layers: one copy must run on all of them. */
  readonly pinned: number;
  /** `[set]`: tokens per second at most, then those of the copy that was found; 0 where none can run on exactly this set. */
  readonly most: Float64Array;
  /** `[set]`: what no copy can beat, also where the search for one was cut short. */
  readonly bound: Float64Array;
  /** The best copy on exactly this set; corrects `most` and `bound`. */
  exact(set: number): ChosenCopy | undefined;
  readonly isExact: Uint8Array;
}

const infinity = Number.POSITIVE_INFINITY;

/** `[set]`: cheapest ring through all of the set (Held and Karp; anchored at its first node). */
function ringSec({ nodeCount, hopSec, returnSec }: SearchSpace): Float64Array {
  const sets = 2 ** nodeCount;
  const hop = hopSec.map((sec, at) => Math.min(sec, returnSec[at] ?? infinity));
  const path = new Float64Array(sets * nodeCount).fill(infinity);
  const ring = new Float64Array(sets).fill(infinity);
  for (let node = 0; node < nodeCount; node += 1) {
    path[2 ** node * nodeCount + node] = 0;
    ring[2 ** node] = 0;
  }
  for (let set = 1; set < sets; set += 1) {
    const anchor = 31 - Math.clz32(set & -set);
    for (let last = anchor; last < nodeCount; last += 1) {
      const sec = path[set * nodeCount + last] ?? infinity;
      if (sec === infinity) continue;
      if (last !== anchor) ring[set] = Math.min(ring[set] ?? infinity, sec + (hop[last * nodeCount + anchor] ?? 0));
      for (let next = anchor + 1; next < nodeCount; next += 1) {
        if ((set & (1 << next)) !== 0) continue;
        const at = (set | (1 << next)) * nodeCount + next;
        path[at] = Math.min(path[at] ?? infinity, sec + (hop[last * nodeCount + next] ?? infinity));
      }
    }
  }
  return ring;
}

/** `[set]`: tokens per second of a pipeline on exactly this set, if its layers could be split freely. */
function pipelineRates(problem: PlanProblem, tables: CostTables): Float64Array {
  const free = { ...problem, pins: [] };
  const space = latencySpace(free, tables, findBlockEnds(free, tables));
  const bound = createComputeBound(space);
  const rings = ringSec(space);
  const { nodeCount, layers } = space;
  const isIn = new Uint8Array(nodeCount);
  return rings.map((ring, set) => {
    let size = 0;
    let room = 0;
    let head = infinity;
    for (let node = 0; node < nodeCount; node += 1) {
      isIn[node] = (set & (1 << node)) === 0 ? 0 : 1;
      if (isIn[node] === 0) continue;
      size += 1;
      room += bound.mostLayers[node] ?? 0;
      head = Math.min(head, (space.firstSec[node] ?? 0) + (space.lastSec[node] ?? 0));
    }
    if (ring === infinity || room < layers || size < problem.minNodes || size > problem.maxNodes) return 0;
    const pinned = problem.pins.filter((pin) => isIn[tables.nodes.findIndex((node) => node.name === pin.node)] === 1);
    if (pinned.length > 0 && pinned.length < problem.pins.length) return 0;
    return problem.workload.batch / (bound.leastSec(isIn) + ring + head);
  });
}

/** Prepares the rates of all sets of the problem's nodes, which are at most twelve or so. */
export function createCopyRates(problem: PlanProblem, work: WorkBudget): CopyRates {
  const tables = prepareTables(problem, "usable");
  const free = { ...problem, pins: [] };
  const sets = 2 ** tables.nodes.length;
  const most = problem.sharding === "tensor" ? new Float64Array(sets) : pipelineRates(problem, tables);
  const bound = most.slice();
  const isExact = new Uint8Array(sets);
  const known = new Map<number, ChosenCopy>();
  const namesOf = (set: number): ReadonlySet<string> =>
    new Set(tables.nodes.filter((_, node) => (set & (1 << node)) !== 0).map((node) => node.name));
  const solve = (set: number): ChosenCopy | "none" | "exhausted" => {
    const names = namesOf(set);
    const isPinned = problem.pins.some((pin) => names.has(pin.node));
    const nodes = tables.nodes.filter((node) => names.has(node.name));
    const part = { ...(isPinned ? problem : free), nodes, minNodes: names.size, maxNodes: names.size };
    return chooseCopy(part, work);
  };
  const exact = (set: number): ChosenCopy | undefined => {
    if (isExact[set] === 1) return known.get(set);
    const copy = solve(set);
    isExact[set] = 1;
    if (typeof copy === "string") {
      most[set] = 0;
      if (copy === "none") bound[set] = 0;
      return undefined;
    }
    const rate = problem.workload.batch / copy.evaluation.latencySec;
    const gap = copy.optimal === true ? 0 : copy.optimal.gap;
    most[set] = rate;
    bound[set] = Math.max(rate, Math.min(bound[set] ?? 0, rate / (1 - gap)));
    known.set(set, copy);
    return copy;
  };
  const mayPair = problem.sharding !== "pipeline" && problem.minNodes <= 2 && problem.maxNodes >= 2;
  if (mayPair) {
    for (let set = 3; set < sets; set += 1) if (isPair(set)) exact(set);
  }
  const isPinned = (name: string): boolean => problem.pins.some((pin) => pin.node === name);
  const pinned = tables.nodes.reduce((set, { name }, node) => (isPinned(name) ? set | (1 << node) : set), 0);
  return { nodeCount: tables.nodes.length, pinned, most, bound, exact, isExact };
}

const isPair = (set: number): boolean => set !== (set & -set) && (set & (set - 1) & ((set & (set - 1)) - 1)) === 0;
