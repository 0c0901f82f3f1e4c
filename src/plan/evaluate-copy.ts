import { evaluatePlacement, type PlacedStage, type PlacementEvaluation } from "./evaluate-placement.js";
import type { PlanProblem } from "./plan-problem.js";
import { evaluateTensorPair, pairShortfalls } from "./tensor-pair.js";

/** One copy of the model on its nodes. */
export interface PlacedCopy {
  readonly sharding: "pipeline" | "tensor";
  /** By rank; all layers on each member of a tensor pair. */
  readonly placed: readonly PlacedStage[];
}

/** What a copy costs and needs, whether a planner would choose it or not. */
export function evaluateCopy(problem: PlanProblem, { sharding, placed }: PlacedCopy): PlacementEvaluation {
  if (sharding === "pipeline") return evaluatePlacement(problem, placed);
  const pair = placed.map((stage) => stage.node);
  const evaluation = evaluateTensorPair(problem, pair);
  const broken = pairShortfalls(problem, pair);
  if (broken.length === 0) return evaluation;
  const never = Number.POSITIVE_INFINITY;
  const shortfalls = [...broken, ...evaluation.shortfalls];
  return { ...evaluation, latencySec: never, periodSec: never, fits: false, shortfalls };
}
