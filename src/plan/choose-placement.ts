import { type CostTables, prepareTables } from "./cost-tables.js";
import { evaluatePlacement, type PlacedStage, type PlacementEvaluation } from "./evaluate-placement.js";
import type { PlanProblem } from "./plan-problem.js";
import { searchLatency } from "./search-latency.js";
import { searchPeriod } from "./search-period.js";
import type { Placement } from "./search-placement.js";
import { sizeRange } from "./size-range.js";
import type { WorkBudget } from "./work-budget.js";

/** The placement that is best for the problem's objective, with what it costs. */
export interface ChosenPlacement {
  readonly placed: readonly PlacedStage[];
  readonly evaluation: PlacementEvaluation;
  readonly optimal: true | { readonly gap: number };
}

/** Turns node numbers into names. */
export function namePlacement(tables: CostTables, { order, ends }: Placement): readonly PlacedStage[] {
  return order.map((node, rank) => ({
    node: tables.nodes[node]?.name ?? "",
    layers: { start: ends[rank - 1] ?? 0, end: ends[rank] ?? 0 },
  }));
}

/** Finds the best pipeline of a problem; `exhausted` when the search was cut short before it found any. */
export function choosePlacement(problem: PlanProblem, work: WorkBudget): ChosenPlacement | "none" | "exhausted" {
  const tables = prepareTables(problem, "usable");
  const search = problem.objective === "bottleneck" ? searchPeriod : searchLatency;
  const answer = search(problem, tables, sizeRange(problem, tables), work);
  if (typeof answer === "string") return answer;
  const placed = namePlacement(tables, answer.placement);
  return { placed, evaluation: evaluatePlacement(problem, placed), optimal: answer.optimal };
}

/** What the objective counts, smaller is better. */
export const objectiveSec = (problem: PlanProblem, evaluation: PlacementEvaluation): number =>
  problem.objective === "bottleneck" ? evaluation.periodSec : evaluation.latencySec;
