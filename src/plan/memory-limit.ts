import type { PlanProblem } from "./plan-problem.js";
import type { PlanResult } from "./plan-result.js";
import type { Reason } from "./reason.js";

/** Plans above this share of the limit are refused where the planner chooses modes: macOS begins to swap near the limit. */
export const safeShare = 0.9;

/** The same problem with every budget cut to the safe share of it. */
export const keepBelowLimit = (problem: PlanProblem): PlanProblem => ({
  ...problem,
  limitShare: safeShare,
  nodes: problem.nodes.map((node) => ({ ...node, budgetBytes: node.budgetBytes * safeShare })),
});

/** Says that the limit was not used up. */
export const keptBelowLimit: Reason = {
  code: "kept_below_limit",
  message: `No node is filled above ${Math.round(safeShare * 100)} % of its memory limit.`,
};

/** The result with that said, whoever kept below the limit. */
export const namingLimit = (result: PlanResult): PlanResult =>
  result.reasons.some(({ code }) => code === keptBelowLimit.code)
    ? result
    : { ...result, reasons: [...result.reasons, keptBelowLimit] };
