import { chooseCopies } from "./choose-copies.js";
import { objectiveSec } from "./choose-placement.js";
import { evaluateCopy, type PlacedCopy } from "./evaluate-copy.js";
import { keepBelowLimit } from "./memory-limit.js";
import type { PlanProblem } from "./plan-problem.js";
import { meetsWishes, usualMinimumGain } from "./replan.js";
import { usualWork } from "./work-budget.js";

/** What shall run. `extend`: what runs stays, and copies come beside it. `place`: as planned, whatever runs now. */
export interface SettledCopies {
  readonly verdict: "keep" | "extend" | "place";
  readonly copies: readonly PlacedCopy[];
}

/**
 * Judges a set of running copies against the planned set. What no longer fits, lost a node or breaks a wish does not stay.
 * What stays is filled up with copies on nodes that it leaves free, which disturbs nobody; the plan takes its place only for a
 * gain of more than `minimumGain`, so that a copy which comes back does not move the others.
 *
 * @param problem of new copies
 * @param inUse the same cluster with all that running copies may go on using
 * @param planned the best copies for `problem`; empty when there are none
 */
export function settleCopies(
  problem: PlanProblem,
  inUse: PlanProblem,
  running: readonly PlacedCopy[],
  planned: readonly PlacedCopy[],
  minimumGain = usualMinimumGain,
): SettledCopies {
  const staying = stayingCopies(inUse, running);
  if (staying.length === 0) return { verdict: "place", copies: planned };
  const further = furtherCopies(problem, staying, planned);
  const copies = [...staying, ...further];
  const isWorth = planned.length > 0 && costSec(inUse, copies) > costSec(inUse, planned) * (1 + minimumGain);
  if (isWorth) return { verdict: "place", copies: planned };
  return { verdict: further.length > 0 ? "extend" : "keep", copies };
}

/** Several copies only where their rates count together: another one never shortens a step. */
const allowsSeveral = ({ replicas, objective }: PlanProblem): boolean =>
  replicas === "auto" && objective === "throughput";

function stayingCopies(inUse: PlanProblem, running: readonly PlacedCopy[]): readonly PlacedCopy[] {
  const fitting = running.filter(
    (copy) =>
      (inUse.sharding === "auto" || copy.sharding === inUse.sharding) &&
      meetsWishes(inUse, copy.placed) &&
      evaluateCopy(inUse, copy).fits,
  );
  const secOf = (copy: PlacedCopy): number => objectiveSec(inUse, evaluateCopy(inUse, copy));
  const fastestFirst = fitting.toSorted((left, right) => secOf(left) - secOf(right));
  return allowsSeveral(inUse) ? withoutSharedNodes(fastestFirst) : fastestFirst.slice(0, 1);
}

function withoutSharedNodes(copies: readonly PlacedCopy[]): readonly PlacedCopy[] {
  const taken = new Set<string>();
  return copies.filter(({ placed }) => {
    const isFree = placed.every(({ node }) => !taken.has(node));
    if (isFree) for (const { node } of placed) taken.add(node);
    return isFree;
  });
}

/** The best copies on free nodes, on no more nodes in all than the plan takes: it knows which nodes are not worth it. */
function furtherCopies(
  problem: PlanProblem,
  staying: readonly PlacedCopy[],
  planned: readonly PlacedCopy[],
): readonly PlacedCopy[] {
  const taken = new Set(nodesOf(staying));
  const nodes = problem.nodes.filter((node) => !taken.has(node.name));
  const maxNodes = Math.min(nodes.length, nodesOf(planned).length - taken.size);
  if (!allowsSeveral(problem) || maxNodes < Math.max(1, problem.minNodes)) return [];
  const found = chooseCopies(keepBelowLimit({ ...problem, nodes, maxNodes }), { left: usualWork(nodes.length) });
  return typeof found === "string" ? [] : found.copies;
}

const nodesOf = (copies: readonly PlacedCopy[]): readonly string[] =>
  copies.flatMap((copy) => copy.placed.map((stage) => stage.node));

/** Seconds for a token by the objective: of all copies together where their rates count, else of the only one. */
function costSec(problem: PlanProblem, copies: readonly PlacedCopy[]): number {
  const [first] = copies;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  if (!allowsSeveral(problem)) return objectiveSec(problem, evaluateCopy(problem, first));
  return 1 / copies.reduce((sum, copy) => sum + 1 / evaluateCopy(problem, copy).latencySec, 0);
}
