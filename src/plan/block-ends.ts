import { computesHead, type StagePosition } from "./cost-model.js";
import type { CostTables } from "./cost-tables.js";
import type { OutputPolicy, PlanProblem } from "./plan-problem.js";

/** Relative slack when a time is compared with a limit that was computed along another path. */
export const timeTolerance = 1e-12;

/**
 * Which blocks a node can run: those that begin at layer `s` end at `near[at]` to `far[at]`, both included, where
 * `at = node * (layers + 1) + s`. None when `near > far`. Every sub-block of an allowed block is allowed, pins apart.
 */
export interface BlockEnds {
  readonly near: Int32Array;
  readonly far: Int32Array;
}

export type EndsByPosition = Readonly<Record<StagePosition, BlockEnds>>;

interface Limits {
  readonly tables: CostTables;
  readonly policy: OutputPolicy;
  /** No stage may take longer. */
  readonly periodSec: number;
}

/** Two pointers over start and end: both memory and time of a block grow with it. */
function farthestEnds(limits: Limits, node: number, position: StagePosition, far: Int32Array): void {
  const { tables, policy, periodSec } = limits;
  const row = tables.layers + 1;
  const room = (tables.roomBytes[node] ?? 0) - tables.fixedBytes[position];
  const head = computesHead(policy, position) ? (tables.headSec[node] ?? 0) : 0;
  const timeLimit = periodSec * (1 + timeTolerance) - head;
  const fits = (start: number, end: number): boolean =>
    (tables.storedBytes[end] ?? 0) - (tables.storedBytes[start] ?? 0) <= room &&
    (tables.computeSec[node * row + end] ?? 0) - (tables.computeSec[node * row + start] ?? 0) <= timeLimit;
  let end = 0;
  for (let start = 0; start < row; start += 1) {
    end = Math.max(end, start);
    while (end < tables.layers && fits(start, end + 1)) end += 1;
    far[node * row + start] = end;
  }
}

/** Keeps unpinned nodes out of pinned layers, and pinned nodes at exactly their own. */
function applyPins(problem: PlanProblem, tables: CostTables, ends: BlockEnds): void {
  const row = tables.layers + 1;
  tables.nodes.forEach((node, index) => {
    const own = problem.pins.find((pin) => pin.node === node.name)?.layers;
    for (let start = 0; start < row; start += 1) {
      const at = index * row + start;
      const reach = ends.far[at] ?? 0;
      if (own !== undefined) {
        const allowed = start === own.start && reach >= own.end;
        ends.near[at] = own.end;
        ends.far[at] = allowed ? own.end : 0;
        continue;
      }
      for (const { layers } of problem.pins) {
        if (start < layers.end && (ends.far[at] ?? 0) > layers.start) ends.far[at] = Math.max(start, layers.start);
      }
    }
  });
}

/** Finds every allowed block under memory, pins and, where given, a longest stage time. */
export function findBlockEnds(
  problem: PlanProblem,
  tables: CostTables,
  periodSec = Number.POSITIVE_INFINITY,
): EndsByPosition {
  const row = tables.layers + 1;
  const limits = { tables, policy: problem.outputPolicy, periodSec };
  const at = (position: StagePosition): BlockEnds => {
    const far = new Int32Array(tables.nodes.length * row);
    const near = Int32Array.from(far, (_, index) => (index % row) + 1);
    for (let node = 0; node < tables.nodes.length; node += 1) farthestEnds(limits, node, position, far);
    const ends = { near, far };
    if (problem.pins.length > 0) applyPins(problem, tables, ends);
    return ends;
  };
  return { only: at("only"), first: at("first"), middle: at("middle"), last: at("last") };
}
