import { findBlockEnds } from "./block-ends.js";
import type { CostTables } from "./cost-tables.js";
import { greedyOrder } from "./greedy-order.js";
import type { PlanProblem } from "./plan-problem.js";
import { type PlacementAnswer, searchSpaceFor } from "./search-placement.js";
import { latencySpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import type { WorkBudget } from "./work-budget.js";

/** The placement with the shortest decode step, with a proven gap where the work did not suffice to settle it. */
export function searchLatency(
  problem: PlanProblem,
  tables: CostTables,
  sizes: SizeRange,
  work: WorkBudget,
): PlacementAnswer {
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables));
  return searchSpaceFor(space, sizes, work, greedyOrder(space, sizes)?.order);
}
