import { findBlockEnds } from "./block-ends.js";
import type { CostTables } from "./cost-tables.js";
import type { PlanProblem } from "./plan-problem.js";
import { searchLarge } from "./search-large.js";
import type { WorkBudget } from "./search-orders.js";
import { type PlacementAnswer, searchSpaceFor } from "./search-placement.js";
import { latencySpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { mostSubsetNodes } from "./subset-reach.js";

/** The placement with the shortest decode step: exact up to 16 nodes, with a proven gap above where it is not. */
export function searchLatency(
  problem: PlanProblem,
  tables: CostTables,
  sizes: SizeRange,
  work: WorkBudget,
): PlacementAnswer {
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables));
  return space.nodeCount > mostSubsetNodes ? searchLarge(space, sizes, work) : searchSpaceFor(space, sizes, work);
}
