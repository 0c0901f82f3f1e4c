import { type ChosenPlacement, choosePlacement, objectiveSec } from "./choose-placement.js";
import { compareText } from "./cost-tables.js";
import { formatMs } from "./format-units.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";
import type { WorkBudget } from "./work-budget.js";

/** In plans of more nodes, what adding one more would cost is not worked out. */
const explainedSize = 7;
/** Nodes left out that are named one by one; the rest are counted. */
const namedNodes = 12;

/** Why nodes are not in the plan: each by name, with what it would cost to have it. */
export function explainLeftOut(
  problem: PlanProblem,
  used: ReadonlySet<string>,
  copy: ChosenPlacement | undefined,
  work: WorkBudget,
): readonly Reason[] {
  const nodes = problem.nodes
    .filter((node) => !used.has(node.name))
    .toSorted((left, right) => compareText(left.name, right.name));
  const reasons = nodes.slice(0, namedNodes).map((node) => explainNode(problem, used, copy, node, work));
  const others = nodes.length - reasons.length;
  if (others === 0) return reasons;
  return [
    ...reasons,
    { code: "left_out", message: `${others} more nodes are left out: no better plan was found with them.` },
  ];
}

function explainNode(
  problem: PlanProblem,
  used: ReadonlySet<string>,
  copy: ChosenPlacement | undefined,
  node: PlanNode,
  work: WorkBudget,
): Reason {
  const left = { code: "left_out", node: node.name };
  if (node.cordoned) return { ...left, code: "cordoned", message: `${node.name} is cordoned.` };
  const size = used.size + 1;
  if (size > problem.maxNodes) {
    return { ...left, message: `${node.name} is left out: the plan may have at most ${problem.maxNodes} nodes.` };
  }
  if (copy === undefined || size > explainedSize) {
    return { ...left, message: `${node.name} is left out: no better plan has it.` };
  }
  const nodes = problem.nodes.filter((candidate) => used.has(candidate.name) || candidate === node);
  const joined = choosePlacement({ ...problem, nodes, minNodes: size, maxNodes: size }, work);
  if (typeof joined === "string") {
    const message = `${node.name} is left out: it can't join these nodes (too little memory for a layer, or a link is missing).`;
    return { ...left, message };
  }
  const [without, withIt] = [objectiveSec(problem, copy.evaluation), objectiveSec(problem, joined.evaluation)];
  const what = problem.objective === "bottleneck" ? "the slowest stage" : "a step";
  return {
    ...left,
    message:
      withIt > without
        ? `${node.name} is left out: with it ${what} would take ${formatMs(withIt)} instead of ${formatMs(without)}.`
        : `${node.name} is left out: with it the plan would be no faster (${formatMs(withIt)}).`,
  };
}
