import type { CostTables } from "./cost-tables.js";
import type { PlanProblem } from "./plan-problem.js";

/** How many nodes a plan may have, both included. */
export interface SizeRange {
  readonly minNodes: number;
  readonly maxNodes: number;
}

/** How many nodes a plan of this problem may have at all. */
export const sizeRange = (problem: PlanProblem, tables: CostTables): SizeRange => ({
  minNodes: Math.max(1, problem.minNodes),
  maxNodes: Math.min(problem.maxNodes, tables.nodes.length, tables.layers),
});
