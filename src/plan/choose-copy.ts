import { type ChosenPlacement, choosePlacement, objectiveSec } from "./choose-placement.js";
import { compareText } from "./cost-tables.js";
import type { PlacedCopy } from "./evaluate-copy.js";
import type { PlanProblem } from "./plan-problem.js";
import { evaluateTensorPair, tensorPairs, tensorPlacement } from "./tensor-pair.js";
import type { WorkBudget } from "./work-budget.js";

/** One copy of the model with what it costs. */
export interface ChosenCopy extends ChosenPlacement, PlacedCopy {}

/** Copies on disjoint nodes, the fastest first. */
export interface ChosenCopies {
  readonly copies: readonly ChosenCopy[];
  readonly optimal: true | { readonly gap: number };
  /** The best there is, where one on fewer nodes was preferred to it. */
  readonly passedOver?: { readonly nodes: number; readonly gain: number };
}

/** Costs this close are the same as far as the cost model can tell (placement reference 4.4). */
export const preferenceBand = 0.1;

/** The fastest pair that can run the model by tensor parallelism. */
export function bestTensorPair(problem: PlanProblem): ChosenCopy | undefined {
  return tensorPairs(problem)
    .map((pair): ChosenCopy => {
      const evaluation = evaluateTensorPair(problem, pair);
      return { sharding: "tensor", placed: tensorPlacement(problem, pair), evaluation, optimal: true };
    })
    .filter((copy) => copy.evaluation.fits)
    .toSorted((left, right) => left.evaluation.latencySec - right.evaluation.latencySec)[0];
}

/** The best copy on one ring or pair, of the shardings that the problem allows. */
export function chooseCopy(problem: PlanProblem, work: WorkBudget): ChosenCopy | "none" | "exhausted" {
  const pair = problem.sharding === "pipeline" ? undefined : bestTensorPair(problem);
  if (problem.sharding === "tensor") return pair ?? "none";
  const pipeline = choosePlacement(problem, work);
  if (pipeline === "none") return pair ?? "none";
  // Nothing is known of the pipelines that were not looked at.
  if (pipeline === "exhausted") return pair === undefined ? "exhausted" : { ...pair, optimal: { gap: 1 } };
  if (pair !== undefined && objectiveSec(problem, pair.evaluation) < objectiveSec(problem, pipeline.evaluation)) {
    return { ...pair, optimal: pipeline.optimal };
  }
  return { ...pipeline, sharding: "pipeline" };
}

/** Copies by step time, then by names: the same whatever found them first. */
export const sortedCopies = (copies: readonly ChosenCopy[]): readonly ChosenCopy[] =>
  copies.toSorted(
    (left, right) =>
      left.evaluation.latencySec - right.evaluation.latencySec ||
      compareText(left.placed[0]?.node ?? "", right.placed[0]?.node ?? ""),
  );

/** Tokens per second of all copies together. */
export const rateOf = (problem: PlanProblem, copies: readonly ChosenCopy[]): number =>
  copies.reduce((sum, copy) => sum + problem.workload.batch / copy.evaluation.latencySec, 0);

/** Nodes of all copies together. */
export const nodesOf = (copies: readonly ChosenCopy[]): number =>
  copies.reduce((sum, copy) => sum + copy.placed.length, 0);
