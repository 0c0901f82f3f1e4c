import { bestSingleNode } from "./best-single-node.js";
import { chooseCopies, choosesModes } from "./choose-copies.js";
import type { ChosenCopies, ChosenCopy } from "./choose-copy.js";
import { evaluateCopy } from "./evaluate-copy.js";
import { exoDefaults } from "./exo-defaults.js";
import { explainCopies } from "./explain-copies.js";
import { findShortfalls } from "./find-shortfalls.js";
import { keepBelowLimit } from "./memory-limit.js";
import { modeShortfalls } from "./mode-shortfalls.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Infeasible, Plan, PlanResult, Replan, Replica } from "./plan-result.js";
import { predictCopies } from "./predict-plan.js";
import type { Reason } from "./reason.js";
import { judgeMove, judgeStay } from "./replan.js";
import { usualWork } from "./work-budget.js";

/**
 * Plans a model on a cluster: how many copies, on which nodes, split how, which node runs which layers, in which order.
 *
 * One pipeline is exact for the stated problem (`optimal: true`) unless the search had to be cut short, which the result
 * says with the gap to a proven bound. Among plans that are equal to 1e-12: fewest nodes, then the least sequence of node
 * names by rank, then the lowest boundaries rank by rank. The answer does not depend on the order of nodes and links.
 */
export function planCluster(problem: PlanProblem): PlanResult {
  const work = { left: usualWork(problem.nodes.length) };
  const limited = choosesModes(problem) ? keepBelowLimit(problem) : problem;
  const found = chooseCopies(limited, work);
  return typeof found === "string" ? infeasible(problem, limited, found) : planned(problem, found);
}

function planned(problem: PlanProblem, found: ChosenCopies): Plan {
  const chosen = { ...found, copies: found.copies.map((copy) => withFullBudgets(problem, copy)) };
  const explaining = { left: usualWork(problem.nodes.length) / 4 };
  const predicted = predictCopies(problem, chosen.copies, explaining);
  const single = bestSingleNode(problem);
  const replan = replanOf(problem, chosen);
  return {
    kind: "plan",
    model: problem.model.name,
    objective: problem.objective,
    replicas: chosen.copies.map(replicaOf),
    predicted,
    optimal: chosen.optimal,
    bestSingleNode: single,
    exoDefault: exoDefaults(problem),
    reasons: [
      ...explainCopies(problem, chosen, predicted, single, explaining),
      ...(problem.notes ?? []),
      ...(problem.running !== undefined && replan === undefined ? [notJudged] : []),
    ],
    shortfalls: [],
    ...(replan === undefined ? {} : { replan }),
  };
}

function infeasible(problem: PlanProblem, limited: PlanProblem, outcome: "none" | "exhausted"): Infeasible {
  return {
    kind: "infeasible",
    model: problem.model.name,
    objective: problem.objective,
    replicas: [],
    predicted: null,
    optimal: null,
    bestSingleNode: bestSingleNode(problem),
    exoDefault: exoDefaults(problem),
    reasons: [...(problem.notes ?? []), ...(problem.running === undefined ? [] : judgeStay(problem, problem.running))],
    shortfalls: modeShortfalls(problem, limited) ?? findShortfalls(limited, outcome),
  };
}

/** The copy as the whole budgets show it. */
const withFullBudgets = (problem: PlanProblem, copy: ChosenCopy): ChosenCopy => ({
  ...copy,
  evaluation: evaluateCopy(problem, copy),
});

const replicaOf = ({ sharding, evaluation }: ChosenCopy): Replica => ({
  sharding,
  stages: evaluation.stages,
  latencySec: evaluation.latencySec,
  periodSec: evaluation.periodSec,
  stageSec: evaluation.stageSec,
  hopsSec: evaluation.hopsSec,
});

/** Moves are judged between pipelines: of one copy to another. */
function replanOf(problem: PlanProblem, { copies }: ChosenCopies): Replan | undefined {
  const [copy] = copies;
  if (problem.running === undefined || copy?.sharding !== "pipeline" || copies.length > 1) return undefined;
  return judgeMove(problem, problem.running, copy.placed);
}

const notJudged: Reason = {
  code: "move_not_judged",
  message: "Whether to move from what runs is only judged where the plan is one pipeline.",
};
