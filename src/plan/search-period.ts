import { findBlockEnds } from "./block-ends.js";
import { computesHead } from "./cost-model.js";
import type { CostTables } from "./cost-tables.js";
import type { PlanProblem } from "./plan-problem.js";
import type { WorkBudget } from "./search-orders.js";
import { searchPeriodLarge } from "./search-period-large.js";
import { findAnyOrder, type PlacementAnswer, reachOf, searchSpaceFor } from "./search-placement.js";
import { latencySpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { mostSubsetNodes } from "./subset-reach.js";

/** Every value that the longest stage or link of a plan can have, rising. */
function possiblePeriods(problem: PlanProblem, tables: CostTables): readonly number[] {
  const row = tables.layers + 1;
  const ends = findBlockEnds(problem, tables);
  const periods = new Set<number>();
  for (const position of ["only", "first", "middle", "last"] as const) {
    const { near, far } = ends[position];
    for (let at = 0; at < far.length; at += 1) {
      const node = Math.floor(at / row);
      const head = computesHead(problem.outputPolicy, position) ? (tables.headSec[node] ?? 0) : 0;
      for (let end = near[at] ?? 0; end <= (far[at] ?? 0); end += 1) {
        periods.add((tables.computeSec[node * row + end] ?? 0) - (tables.computeSec[at] ?? 0) + head);
      }
    }
  }
  for (const transfers of [tables.hopTransferSec, tables.returnTransferSec]) {
    for (const sec of transfers) if (sec < Number.POSITIVE_INFINITY) periods.add(sec);
  }
  return [...periods].toSorted((left, right) => left - right);
}

/**
 * The placement whose slowest stage or link is fastest; among those, the one with the shortest decode step. The period of
 * any plan is one of finitely many values, so bisection over them is exact.
 */
export function searchPeriod(
  problem: PlanProblem,
  tables: CostTables,
  sizes: SizeRange,
  work: WorkBudget,
): PlacementAnswer {
  if (tables.nodes.length > mostSubsetNodes && problem.pins.length === 0) {
    const answer = searchPeriodLarge(problem, tables, sizes);
    if (answer !== "exhausted") return answer;
  }
  const periods = possiblePeriods(problem, tables);
  const share = Math.max(1, Math.floor(work.left / 32));
  let refuted = -1;
  let low = 0;
  let high = periods.length;
  let known: readonly number[] | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const ration = { left: share };
    const answer = findAnyOrder(problem, tables, ration, periods[middle]);
    work.left -= share - ration.left;
    if (typeof answer !== "string") {
      high = middle;
      known = answer;
    } else {
      low = middle + 1;
      if (answer === "none") refuted = Math.max(refuted, middle);
    }
  }
  const period = periods[high];
  if (period === undefined || known === undefined) return refuted === periods.length - 1 ? "none" : "exhausted";
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables, period), period);
  const answer = searchSpaceFor(space, sizes, work, known, reachOf(problem, space, sizes.maxNodes));
  if (typeof answer === "string" || refuted === high - 1) return answer;
  return { ...answer, optimal: { gap: (period - (periods[refuted + 1] ?? period)) / period } };
}
