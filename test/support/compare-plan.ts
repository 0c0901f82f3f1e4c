import { expect } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import type { Plan } from "../../src/plan/plan-result.js";
import { bruteForceChoice } from "./brute-force-copies.js";
import type { BruteForceAnswer } from "./brute-force-plan.js";
import type { FormulaCost } from "./plan-formulas.js";
import { optimumSec, planSec, usedNodes } from "./plan-outcome.js";

/** The plan that was compared, undefined where there rightly is none, and the largest relative difference of its costs. */
export interface Comparison {
  readonly plan: Plan | undefined;
  readonly difference: number;
}

const differenceOf = (one: number, other: number): number => Math.abs(one / other - 1);

/** The largest difference of what the objective decides: plans of the same step time may well have different periods. */
export function costDifference(problem: PlanProblem, plan: Plan, expected: FormulaCost): number {
  const { latencySec, periodSec } = plan.predicted;
  const step = differenceOf(latencySec, expected.latencySec);
  return problem.objective === "bottleneck" ? Math.max(step, differenceOf(periodSec, expected.periodSec)) : step;
}

/** Holds the planner's answer against that of somebody who tried everything: whether there is one, its costs, its nodes. */
export function comparePipeline(
  problem: PlanProblem,
  tryEverything: (problem: PlanProblem) => BruteForceAnswer | undefined,
): Comparison {
  const expected = tryEverything(problem);
  const result = planCluster(problem);
  expect(result.kind).toBe(expected === undefined ? "infeasible" : "plan");
  if (result.kind === "infeasible" || expected === undefined) return { plan: undefined, difference: 0 };
  expect(result.optimal).toBe(true);
  expect(usedNodes(result).length).toBe(expected.nodes);
  const difference = costDifference(problem, result, expected);
  expect(difference).toBeLessThan(1e-9);
  return { plan: result, difference };
}

/** The same where the planner chooses copies and shardings: the best there is, and the one on fewer nodes that it takes. */
export function compareChoice(problem: PlanProblem): Comparison {
  const expected = bruteForceChoice(problem);
  const result = planCluster(problem);
  expect(result.kind).toBe(expected === undefined ? "infeasible" : "plan");
  if (result.kind === "infeasible" || expected === undefined) return { plan: undefined, difference: 0 };
  expect(usedNodes(result).length).toBe(expected.nodes);
  const difference = Math.max(
    differenceOf(planSec(problem, result), expected.chosenSec),
    differenceOf(optimumSec(problem, result), expected.bestSec),
  );
  expect(difference).toBeLessThan(1e-9);
  return { plan: result, difference };
}
