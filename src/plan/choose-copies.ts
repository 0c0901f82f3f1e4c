import { type ChosenCopies, type ChosenCopy, chooseCopy, preferenceBand } from "./choose-copy.js";
import { choosePartition } from "./choose-partition.js";
import { objectiveSec } from "./choose-placement.js";
import type { PlanProblem } from "./plan-problem.js";
import type { WorkBudget } from "./work-budget.js";

/** Whether the planner is free to choose modes, and so prefers fewer nodes and keeps off the memory limit. */
export const choosesModes = (problem: PlanProblem): boolean =>
  problem.sharding === "auto" || problem.replicas === "auto";

/** Chooses how many copies run where. Several only for throughput: another copy never shortens a step. */
export function chooseCopies(problem: PlanProblem, work: WorkBudget): ChosenCopies | "none" | "exhausted" {
  if (problem.replicas === "auto" && problem.objective === "throughput") return choosePartition(problem, work);
  const best = chooseCopy(problem, work);
  if (typeof best === "string") return best;
  if (!choosesModes(problem)) return { copies: [best], optimal: best.optimal };
  return preferFewerNodes(problem, best, work);
}

/** The copy with fewest nodes among those that are as good as the best within the error of the cost model. */
function preferFewerNodes(problem: PlanProblem, best: ChosenCopy, work: WorkBudget): ChosenCopies {
  const bestSec = objectiveSec(problem, best.evaluation);
  for (let maxNodes = Math.max(1, problem.minNodes); maxNodes < best.placed.length; maxNodes += 1) {
    const fewer = chooseCopy({ ...problem, maxNodes }, work);
    if (typeof fewer === "string") continue;
    const sec = objectiveSec(problem, fewer.evaluation);
    if (sec > bestSec * (1 + preferenceBand)) continue;
    const passedOver = { nodes: best.placed.length, gain: 1 - bestSec / sec };
    return { copies: [fewer], optimal: { gap: 1 - (1 - gapOf(best)) * (bestSec / sec) }, passedOver };
  }
  return { copies: [best], optimal: best.optimal };
}

const gapOf = ({ optimal }: ChosenCopy): number => (optimal === true ? 0 : optimal.gap);
