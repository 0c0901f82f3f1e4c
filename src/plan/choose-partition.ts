import { bestPartitions } from "./best-partitions.js";
import { type ChosenCopies, nodesOf, preferenceBand, sortedCopies } from "./choose-copy.js";
import { chooseManyCopies } from "./choose-many-copies.js";
import { createCopyRates } from "./copy-rates.js";
import type { PlanProblem } from "./plan-problem.js";
import type { WorkBudget } from "./work-budget.js";

/** Up to so many nodes every partition is considered. */
const exactNodes = 12;

/**
 * Copies on disjoint nodes with the highest sum of rates. Every copy has at least `minNodes`, all together at most
 * `maxNodes`. Exact up to twelve nodes; above, the gap to a proven bound is stated.
 */
export function choosePartition(problem: PlanProblem, work: WorkBudget): ChosenCopies | "none" | "exhausted" {
  const usable = problem.nodes.filter((node) => !node.cordoned);
  return usable.length <= exactNodes ? exactPartition(problem, work) : chooseManyCopies(problem, work);
}

function exactPartition(problem: PlanProblem, work: WorkBudget): ChosenCopies | "none" | "exhausted" {
  const rates = createCopyRates(problem, work);
  const search = bestPartitions(rates, problem.maxNodes);
  const best = search.best(problem.maxNodes, 0);
  const mostRate = search.mostRate();
  if (best === undefined) return mostRate > 0 ? "exhausted" : "none";
  const used = nodesOf(best.copies);
  const optimal = asOptimal(1 - best.rate / mostRate);
  for (let nodes = Math.max(1, problem.minNodes); nodes < used; nodes += 1) {
    const fewer = search.best(nodes, best.rate / (1 + preferenceBand));
    if (fewer === undefined) continue;
    const gain = best.rate / fewer.rate - 1;
    if (gain <= 1e-12) return { copies: sortedCopies(fewer.copies), optimal };
    const gap = 1 - fewer.rate / mostRate;
    return { copies: sortedCopies(fewer.copies), optimal: { gap }, passedOver: { nodes: used, gain } };
  }
  return { copies: sortedCopies(best.copies), optimal };
}

const asOptimal = (gap: number): true | { readonly gap: number } => (gap <= 1e-12 ? true : { gap });
