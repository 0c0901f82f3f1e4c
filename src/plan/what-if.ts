import { planCluster } from "./plan-cluster.js";
import type { PlanProblem } from "./plan-problem.js";
import type { PlanResult } from "./plan-result.js";
import { readWhatIf } from "./read-what-if.js";
import type { Reason } from "./reason.js";
import { issuesProblem } from "./request-issues.js";
import { type Newcomers, supposeChanges } from "./suppose-changes.js";

/** The answers before and after, and what was assumed on the way. */
export interface WhatIf {
  readonly kind: "what-if";
  readonly before: PlanResult;
  readonly after: PlanResult;
  /** Fraction by which the objective improves; null where one of the two has no plan. */
  readonly gain: number | null;
  readonly notes: readonly Reason[];
}

/**
 * Plans a cluster as it is and with changes, such as `add=m3ultra-512,remove=studio-2`.
 *
 * @throws Problem of kind `usage` that names everything that is wrong with the changes
 */
export function answerWhatIf(problem: PlanProblem, changes: string, newcomers: Newcomers = {}): WhatIf {
  const read = readWhatIf(changes);
  const supposed = supposeChanges(problem, read.suppositions, newcomers);
  const issues = [...read.issues, ...("issues" in supposed ? supposed.issues : [])];
  if (issues.length > 0 || "issues" in supposed) throw issuesProblem("bad_what_if", issues);
  return planWhatIf(problem, supposed.problem, supposed.notes);
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
