import { fixOf } from "./describe-changes.js";
import { fullyLinked, hasPlan } from "./has-plan.js";
import { linkShortfalls } from "./link-shortfalls.js";
import { isProvablyShort, memoryShortfalls } from "./memory-shortfalls.js";
import { pinGapShortfall, pinShortfalls } from "./pin-shortfalls.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";
import { smallestChanges } from "./smallest-change.js";

/** Why no plan exists: what is short, where, by how many bytes, and the smallest change that would help. */
export function findShortfalls(problem: PlanProblem, outcome: "none" | "exhausted"): readonly Reason[] {
  const usable = problem.nodes.filter((node) => !node.cordoned);
  if (usable.length === 0) {
    const message = problem.nodes.length === 0 ? "There is no node to plan for." : "Every node is cordoned.";
    return [{ code: "no_nodes", message, fix: "Add a node, or uncordon one." }];
  }
  const misplaced = pinShortfalls(problem);
  if (misplaced.length > 0) return misplaced;
  const tooFew = sizeShortfall(problem, usable);
  if (tooFew !== undefined) return [tooFew];
  // Pinned nodes hold their own layers only, so the count does not hold for them.
  const isProven = problem.pins.length === 0 && isProvablyShort(problem);
  if (outcome === "exhausted" && !isProven) {
    const message = "No plan was found before the search was cut short; this is no proof that there is none.";
    return [{ code: "search_cut_short", message, fix: "Plan for fewer nodes: cordon those that matter least." }];
  }
  if (hasPlan(fullyLinked(problem))) return linkShortfalls(problem);
  if (problem.pins.length > 0 && hasPlan({ ...problem, pins: [] })) return [pinGapShortfall(problem)];
  const more = sizeThatFits(problem, usable.length);
  if (more !== undefined) {
    const nodes = problem.maxNodes === 1 ? "a single one" : `${problem.maxNodes}`;
    const message = `The model does not fit on ${nodes} of these nodes; on ${more} of them it does.`;
    return [
      { code: "max_nodes", message, ...fixOf([{ kind: "maxNodes", maxNodes: more }, ...smallestChanges(problem)]) },
    ];
  }
  return memoryShortfalls(problem);
}

function sizeShortfall({ minNodes, maxNodes, model }: PlanProblem, usable: readonly PlanNode[]): Reason | undefined {
  const most = Math.min(usable.length, maxNodes, model.layers);
  if (minNodes <= most) return undefined;
  const isShort = most === model.layers && most < usable.length;
  const why = isShort ? `a model of ${most} layer${most === 1 ? "" : "s"} can use ${most}` : `${most} can take part`;
  const message = `The plan must have at least ${minNodes} nodes; ${why}.`;
  const fix = isShort ? `Lower minNodes to ${most}.` : `Lower minNodes to ${most}, or add ${minNodes - most} or more.`;
  return { code: "too_few_nodes", message, fix };
}

/** The smallest limit on nodes above the stated one that allows a plan. */
function sizeThatFits(problem: PlanProblem, usable: number): number | undefined {
  if (problem.maxNodes >= usable || !hasPlan({ ...problem, maxNodes: usable })) return undefined;
  let maxNodes = problem.maxNodes + 1;
  while (!hasPlan({ ...problem, maxNodes })) maxNodes += 1;
  return maxNodes;
}
