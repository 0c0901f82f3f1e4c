import { choosesModes } from "./choose-copies.js";
import type { ChosenCopies, ChosenCopy } from "./choose-copy.js";
import { explainOneMoreLayer } from "./explain-layers.js";
import { explainLeftOut } from "./explain-left-out.js";
import { explainOrder } from "./explain-order.js";
import { explainError } from "./explain-sureness.js";
import { explainPrefillWorkspace } from "./explain-workspace.js";
import { formatMs, formatRate, listNames } from "./format-units.js";
import { impossibleRdma } from "./link-kinds.js";
import { keptBelowLimit } from "./memory-limit.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Plan, Prediction } from "./plan-result.js";
import { fullStages } from "./predict-plan.js";
import type { Reason } from "./reason.js";
import type { WorkBudget } from "./work-budget.js";

/** Why the plan is as it is: what binds, the mode, the order, one more layer, who is left out, and how sure the figures are. */
export function explainCopies(
  problem: PlanProblem,
  chosen: ChosenCopies,
  predicted: Prediction,
  single: Plan["bestSingleNode"],
  work: WorkBudget,
): readonly Reason[] {
  const { copies } = chosen;
  const used = new Set(copies.flatMap((copy) => copy.placed.map((stage) => stage.node)));
  const only = copies.length === 1 && copies[0]?.sharding === "pipeline" ? copies[0] : undefined;
  return [
    ...(copies[0] === undefined ? [] : [explainBinding(problem, copies[0], predicted)]),
    ...explainMode(problem, chosen),
    ...copies.flatMap((copy) => (copy.sharding === "pipeline" ? explainOrder(problem, copy) : [explainTensor(copy)])),
    ...(only === undefined ? [] : explainSplit(problem, only, single)),
    ...copies.flatMap((copy) => (copy.sharding === "pipeline" ? explainOneMoreLayer(problem, copy) : [])),
    ...explainLeftOut(problem, used, only, work),
    ...explainPrefillWorkspace(problem, copies),
    ...impossibleRdma(problem, used),
    ...explainError(problem, copies, predicted),
    ...explainGap(chosen),
  ];
}

function explainBinding(problem: PlanProblem, chosen: ChosenCopy, predicted: Prediction): Reason {
  const code = `bound_by_${predicted.bindingConstraint}`;
  switch (predicted.bindingConstraint) {
    case "pin":
      return { code, message: "A pinned range keeps the plan from being faster." };
    case "exo":
      return { code, message: "The way exo 0.0.x divides the layers keeps the plan from being faster." };
    case "link":
      return { code, message: wordLinks(problem, chosen, predicted) };
    case "memory": {
      const full = fullStages(problem, chosen.placed).map((stage) => stage.node);
      const node = full[0];
      const message = `Memory decides: ${listNames(full)} ${full.length > 1 ? "are" : "is"} full and can't take one layer more.`;
      return node === undefined ? { code, message } : { code, node, message };
    }
    case "compute":
      return { code, message: "The speed of the chosen nodes decides; neither memory nor links hold the plan back." };
    default:
      return predicted.bindingConstraint satisfies never;
  }
}

function wordLinks({ objective }: PlanProblem, { evaluation }: ChosenCopy, predicted: Prediction): string {
  return objective === "bottleneck"
    ? `The links decide: the slowest one takes ${formatMs(predicted.periodSec)} to carry what each step sends, longer than any stage works.`
    : `The links decide: hops take ${formatMs(evaluation.hopsSec)} of a step of ${formatMs(predicted.latencySec)}.`;
}

/** What the planner did where it was free to choose: copies, fewer nodes than the very best, memory left alone. */
function explainMode(problem: PlanProblem, { copies, passedOver }: ChosenCopies): readonly Reason[] {
  if (!choosesModes(problem)) return [];
  const reasons: Reason[] = [];
  if (problem.replicas === "auto") {
    const one =
      problem.objective === "throughput" ? "more would not fit or not pay" : "another copy never shortens a step";
    const message =
      copies.length === 1 ? `One copy: ${one}.` : `${copies.length} copies on disjoint nodes: their rates add.`;
    reasons.push({ code: "copies", message });
  }
  if (passedOver !== undefined) {
    const gain = `${(passedOver.gain * 100).toFixed(1)} %`;
    const message = `Fewer nodes were preferred: the best plan has ${passedOver.nodes} and is ${gain} better, less than the cost model can tell apart.`;
    reasons.push({ code: "fewer_nodes", message });
  }
  reasons.push(keptBelowLimit);
  return reasons;
}

function explainTensor({ placed, evaluation }: ChosenCopy): Reason {
  const names = placed.map((stage) => stage.node).join(" and ");
  const message = `${names} share every layer over RDMA: ${formatRate(evaluation.latencySec)}, with ${formatMs(evaluation.hopsSec)} of reductions a step (25 µs each, as tuned MLX does it; exo of late 2025 took 45).`;
  return { code: "tensor_pair", message };
}

function explainSplit(
  { minNodes }: PlanProblem,
  { placed, evaluation }: ChosenCopy,
  single: Plan["bestSingleNode"],
): readonly Reason[] {
  if (placed.length < 2) return [];
  if (single === null) return [{ code: "split_needed", message: "No node holds the whole model alone." }];
  if (single.latencySec >= evaluation.latencySec) return [];
  const asked = minNodes > 1 ? ` A plan of ${minNodes} nodes or more was asked for.` : "";
  const message = `${single.node} alone would answer one request faster: ${formatRate(single.latencySec)} instead of ${formatRate(evaluation.latencySec)}.${asked}`;
  return [{ code: "single_node_faster", node: single.node, message }];
}

function explainGap({ optimal, passedOver }: ChosenCopies): readonly Reason[] {
  if (optimal === true || passedOver !== undefined) return [];
  if (optimal.gap === 0) {
    const message = "No plan has a shorter period; one with the same period may have a shorter step.";
    return [{ code: "step_not_proven_optimal", message }];
  }
  const message = `Not proven to be the best: a plan up to ${(optimal.gap * 100).toFixed(1)} % better may exist.`;
  return [{ code: "not_proven_optimal", message }];
}
