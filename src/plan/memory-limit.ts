import type { PlanProblem } from "./plan-problem.js";

/** Plans above this share of the limit are refused where the planner chooses modes: macOS begins to swap near the limit. */
export const safeShare = 0.9;

/** The same problem with every budget cut to the safe share of it. */
export const keepBelowLimit = (problem: PlanProblem): PlanProblem => ({
  ...problem,
  nodes: problem.nodes.map((node) => ({ ...node, budgetBytes: node.budgetBytes * safeShare })),
});
