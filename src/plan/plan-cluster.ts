import { bestSingleNode } from "./best-single-node.js";
import { choosePlacement, usualWork } from "./choose-placement.js";
import { explainPlan } from "./explain-plan.js";
import { findShortfalls } from "./find-shortfalls.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Infeasible, PlanResult, Reason } from "./plan-result.js";
import { predictPlan } from "./predict-plan.js";
import { unsupportedParts } from "./unsupported.js";

/**
 * Plans one pipeline over the cluster: which node runs which layers, in which order.
 *
 * Exact for the stated problem (`optimal: true`) unless the search had to be cut short, which the result says. Among
 * plans that are equal to 1e-12: fewest nodes, then the least sequence of node names by rank, then the lowest
 * boundaries rank by rank. The answer does not depend on the order of nodes and links in the problem.
 */
export function planCluster(problem: PlanProblem): PlanResult {
  const unsupported = unsupportedParts(problem).map(
    (part): Reason => ({ code: "not_supported", message: part.problem }),
  );
  if (unsupported.length > 0) return infeasible(problem, unsupported);
  const work = { left: usualWork };
  const chosen = choosePlacement(problem, work);
  if (typeof chosen === "string") return infeasible(problem, findShortfalls(problem, work));
  const explaining = { left: usualWork / 4 };
  const predicted = predictPlan(problem, chosen, explaining);
  const single = bestSingleNode(problem);
  const { latencySec, periodSec, stages } = chosen.evaluation;
  return {
    kind: "plan",
    model: problem.model.name,
    objective: problem.objective,
    replicas: [{ sharding: "pipeline", stages, latencySec, periodSec }],
    predicted,
    optimal: chosen.optimal,
    bestSingleNode: single,
    exoDefault: null,
    reasons: explainPlan(problem, chosen, predicted, single, explaining),
    shortfalls: [],
  };
}

const infeasible = (problem: PlanProblem, shortfalls: readonly Reason[]): Infeasible => ({
  kind: "infeasible",
  model: problem.model.name,
  objective: problem.objective,
  replicas: [],
  reasons: [],
  shortfalls,
});
