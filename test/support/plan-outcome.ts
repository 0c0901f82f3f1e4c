import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import type { Plan, PlanResult } from "../../src/plan/plan-result.js";

/** Whether the planner may run several copies, whose rates add. */
export const addsCopies = (problem: PlanProblem): boolean =>
  problem.objective === "throughput" && problem.replicas === "auto";

/** What the objective counts of a plan, smaller is better: seconds of a step, of the slowest stage, or of a token of all copies. */
export function planSec(problem: PlanProblem, { predicted }: Plan): number {
  if (addsCopies(problem)) return 1 / predicted.aggregateTokensPerSec;
  return problem.objective === "bottleneck" ? predicted.periodSec : predicted.latencySec;
}

/**
 * The least that the objective can reach, as the plan states it: where fewer nodes were preferred, the plan itself is up
 * to a tenth above it. Infinite where there is no plan.
 */
export function optimumSec(problem: PlanProblem, result: PlanResult): number {
  if (result.kind === "infeasible") return Number.POSITIVE_INFINITY;
  const gap = result.optimal === true ? 0 : result.optimal.gap;
  return planSec(problem, result) * (1 - gap);
}

/** Names of all nodes that a plan uses, copy by copy and rank by rank. */
export const usedNodes = (plan: Plan): readonly string[] =>
  plan.replicas.flatMap((replica) => replica.stages.map((stage) => stage.node));

export const solveOptimum = (problem: PlanProblem): number => optimumSec(problem, planCluster(problem));
