import { layerCount } from "../cluster/layer-range.js";
import type { ChosenCopy } from "./choose-copy.js";
import { choosePlacement, objectiveSec } from "./choose-placement.js";
import { compareText } from "./cost-tables.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Prediction } from "./plan-result.js";
import { prefillTokensPerSec, tensorPrefillTokensPerSec } from "./prefill.js";
import type { WorkBudget } from "./work-budget.js";

/** Error of the cost model against published figures (placement reference 3.6). */
const calibratedError = 0.1;
const uncalibratedError = 0.25;

/** The nodes of a placement whose constants were guessed, by name. */
export function uncalibratedNodes(problem: PlanProblem, placed: readonly PlacedStage[]): readonly PlanNode[] {
  const used = new Set(placed.map((stage) => stage.node));
  return problem.nodes
    .filter((node) => !node.calibrated && used.has(node.name))
    .toSorted((left, right) => compareText(left.name, right.name));
}

/** Stages that could not take one layer more from a neighbour for want of memory. */
export function fullStages(problem: PlanProblem, placed: readonly PlacedStage[]): readonly PlacedStage[] {
  return placed.filter(({ node, layers }, rank) => {
    const grown = [
      { start: layers.start, end: layers.end + 1 },
      { start: layers.start - 1, end: layers.end },
    ].filter((range) => range.start >= 0 && range.end <= problem.model.layers);
    const holds = (range: { start: number; end: number }): boolean => {
      const stages = placed.map((stage, other) => (other === rank ? { node, layers: range } : stage));
      return !evaluatePlacement(problem, stages).shortfalls.some((why) => why.code === "memory" && why.node === node);
    };
    return layerCount(layers) < problem.model.layers && !grown.some(holds);
  });
}

/**
 * What would have to change first for a better plan: a pin, or exo's rules where those pin; memory of a node that is full while others work for it; the
 * links, where they set the period or take at least half of a step; else the arithmetic itself.
 */
function bindingConstraint(
  problem: PlanProblem,
  copies: readonly ChosenCopy[],
  chosen: ChosenCopy,
  work: WorkBudget,
): Prediction["bindingConstraint"] {
  const { placed, evaluation } = chosen;
  if (problem.pins.length > 0 && copies.length === 1) {
    const free = choosePlacement({ ...problem, pins: [] }, work);
    const gain =
      typeof free === "string" ? 0 : 1 - objectiveSec(problem, free.evaluation) / objectiveSec(problem, evaluation);
    if (gain > 1e-9) return problem.pinnedBy ?? "pin";
  }
  const slowestStage = Math.max(...evaluation.stageSec);
  const linkBound =
    problem.objective === "bottleneck"
      ? evaluation.periodSec > slowestStage
      : evaluation.hopsSec >= evaluation.latencySec / 2;
  if (linkBound) return "link";
  return fullStages(problem, placed).length > 0 ? "memory" : "compute";
}

/** Speeds to expect of copies under the problem's workload: those of the first one, the fastest, and the sum of all rates. */
export function predictCopies(problem: PlanProblem, copies: readonly ChosenCopy[], work: WorkBudget): Prediction {
  const first = copies[0];
  if (first === undefined) throw new Error("a plan without a copy");
  const { latencySec, periodSec, hopsSec } = first.evaluation;
  const sure = copies.every(
    (copy) => copy.sharding === "pipeline" && uncalibratedNodes(problem, copy.placed).length === 0,
  );
  return {
    latencySec,
    periodSec,
    decodeTokensPerSec: 1 / latencySec,
    aggregateTokensPerSec: copies.reduce((sum, copy) => sum + problem.workload.batch / copy.evaluation.latencySec, 0),
    prefillTokensPerSec:
      first.sharding === "tensor"
        ? tensorPrefillTokensPerSec(problem, first.placed)
        : prefillTokensPerSec(problem, first.placed, hopsSec),
    errorBand: sure ? calibratedError : uncalibratedError,
    bindingConstraint: first.sharding === "tensor" ? "compute" : bindingConstraint(problem, copies, first, work),
  };
}
