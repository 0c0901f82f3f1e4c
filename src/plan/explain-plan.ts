import { type ChosenPlacement, choosePlacement, objectiveSec } from "./choose-placement.js";
import { compareText } from "./cost-tables.js";
import { formatLayers, formatMs, formatRate } from "./format-units.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Plan, Prediction, Reason } from "./plan-result.js";
import { fullStages, uncalibratedNodes } from "./predict-plan.js";
import type { WorkBudget } from "./search-orders.js";

/** Beyond this many nodes, what adding one more would cost is not worked out. */
const explainedNodes = 7;

/** Why the plan is as it is: what binds, the order, who is left out, and how sure the figures are. */
export function explainPlan(
  problem: PlanProblem,
  chosen: ChosenPlacement,
  predicted: Prediction,
  single: Plan["bestSingleNode"],
  work: WorkBudget,
): readonly Reason[] {
  const leftOut = problem.nodes
    .filter((node) => chosen.placed.every((stage) => stage.node !== node.name))
    .toSorted((left, right) => compareText(left.name, right.name));
  return [
    explainBinding(problem, chosen, predicted),
    ...explainOrder(chosen),
    ...explainSplit(chosen, single),
    ...leftOut.map((node) => explainLeftOut(problem, chosen, node, work)),
    explainError(problem, chosen, predicted),
    ...explainGap(chosen),
  ];
}

function explainBinding(problem: PlanProblem, chosen: ChosenPlacement, predicted: Prediction): Reason {
  const code = `bound_by_${predicted.bindingConstraint}`;
  switch (predicted.bindingConstraint) {
    case "pin":
      return { code, message: "A pinned range keeps the plan from being faster." };
    case "link":
      return {
        code,
        message: `The links decide: hops take ${formatMs(chosen.evaluation.hopsSec)} of a step of ${formatMs(predicted.latencySec)}.`,
      };
    case "memory": {
      const full = fullStages(problem, chosen.placed).map((stage) => stage.node);
      const node = full[0];
      const message = `Memory decides: ${full.join(" and ")} ${full.length > 1 ? "are" : "is"} full and can't take one layer more.`;
      return node === undefined ? { code, message } : { code, node, message };
    }
    case "compute":
      return { code, message: "The speed of the chosen nodes decides; neither memory nor links hold the plan back." };
    default:
      return predicted.bindingConstraint satisfies never;
  }
}

function explainOrder({ placed, evaluation }: ChosenPlacement): readonly Reason[] {
  if (placed.length < 2) return [];
  const ring = placed.map((stage) => `${stage.node} (${formatLayers(stage.layers.start, stage.layers.end)})`);
  const message = `Ring order ${ring.join(", ")}, then back: hops add ${formatMs(evaluation.hopsSec)} to every step.`;
  return [{ code: "order", message }];
}

function explainSplit({ placed, evaluation }: ChosenPlacement, single: Plan["bestSingleNode"]): readonly Reason[] {
  if (placed.length < 2) return [];
  if (single === null) return [{ code: "split_needed", message: "No node holds the whole model alone." }];
  if (single.latencySec >= evaluation.latencySec) return [];
  const message = `${single.node} alone would answer one request faster: ${formatRate(single.latencySec)} instead of ${formatRate(evaluation.latencySec)}.`;
  return [{ code: "single_node_faster", node: single.node, message }];
}

function explainLeftOut(problem: PlanProblem, chosen: ChosenPlacement, node: PlanNode, work: WorkBudget): Reason {
  const left = { code: "left_out", node: node.name };
  if (node.cordoned) return { ...left, code: "cordoned", message: `${node.name} is cordoned.` };
  const size = chosen.placed.length + 1;
  if (size > problem.maxNodes) {
    return { ...left, message: `${node.name} is left out: the plan may have at most ${problem.maxNodes} nodes.` };
  }
  const names = new Set([node.name, ...chosen.placed.map((stage) => stage.node)]);
  const nodes = problem.nodes.filter((candidate) => names.has(candidate.name));
  if (size > explainedNodes) return { ...left, message: `${node.name} is left out: no better plan has it.` };
  const joined = choosePlacement({ ...problem, nodes, minNodes: size, maxNodes: size }, work);
  if (typeof joined === "string") {
    const message = `${node.name} is left out: it can't join these nodes (too little memory for a layer, or a link is missing).`;
    return { ...left, message };
  }
  const [without, withIt] = [objectiveSec(problem, chosen.evaluation), objectiveSec(problem, joined.evaluation)];
  const what = problem.objective === "bottleneck" ? "the slowest stage" : "a step";
  return {
    ...left,
    message:
      withIt > without
        ? `${node.name} is left out: with it ${what} would take ${formatMs(withIt)} instead of ${formatMs(without)}.`
        : `${node.name} is left out: with it the plan would be no faster (${formatMs(withIt)}).`,
  };
}

function explainError(problem: PlanProblem, chosen: ChosenPlacement, predicted: Prediction): Reason {
  const guessed = uncalibratedNodes(problem, chosen.placed).map((node) => node.name);
  const band = `${Math.round(predicted.errorBand * 100)} %`;
  if (guessed.length === 0) return { code: "calibrated", message: `Predictions are good to about ${band}.` };
  const message = `Predictions are good to about ${band}: nothing was measured on chips like that of ${guessed.join(" and ")}.`;
  return { code: "uncalibrated", message };
}

function explainGap({ optimal }: ChosenPlacement): readonly Reason[] {
  if (optimal === true) return [];
  const message = `The search was cut short: a plan up to ${(optimal.gap * 100).toFixed(1)} % better may exist.`;
  return [{ code: "not_proven_optimal", message }];
}
