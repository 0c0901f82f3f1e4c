import { planCluster } from "./plan-cluster.js";
import type { PlanProblem } from "./plan-problem.js";
import type { PlanResult } from "./plan-result.js";
import type { Reason } from "./reason.js";

/** The answers before and after, and what was assumed on the way. */
export interface WhatIf {
  readonly kind: "what-if";
  readonly before: PlanResult;
  readonly after: PlanResult;
  /** Fraction by which the objective improves; null where one of the two has no plan. */
  readonly gain: number | null;
  readonly notes: readonly Reason[];
}

/** Plans before and after the changes. */
export function planWhatIf(problem: PlanProblem, changed: PlanProblem, notes: readonly Reason[]): WhatIf {
  const before = planCluster(problem);
  const after = planCluster(changed);
  const gain = before.kind === "plan" && after.kind === "plan" ? gainOf(problem, before, after) : null;
  return { kind: "what-if", before, after, gain, notes };
}

function gainOf(
  { objective }: PlanProblem,
  before: Extract<PlanResult, { kind: "plan" }>,
  after: Extract<PlanResult, { kind: "plan" }>,
): number {
  const [was, is] = [before.predicted, after.predicted];
  if (objective === "throughput") return is.aggregateTokensPerSec / was.aggregateTokensPerSec - 1;
  return objective === "bottleneck" ? 1 - is.periodSec / was.periodSec : 1 - is.latencySec / was.latencySec;
}
