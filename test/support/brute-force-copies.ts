import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { bruteForcePlan } from "./brute-force-plan.js";
import { tensorPairSec } from "./plan-formulas.js";

/** What a planner that is free to choose copies and shardings may answer. */
export interface BruteForceChoice {
  /** Seconds of a step, or of a token of all copies together: the best there is. */
  readonly bestSec: number;
  /** The same of the answer, which has fewer nodes where that costs at most a tenth of the rate. */
  readonly chosenSec: number;
  readonly nodes: number;
}

const none = Number.POSITIVE_INFINITY;
/** Placement reference 4.4: fewer nodes when within the error of the model; section 6: at most 0.9 of the limit. */
const band = 0.1;
const safeShare = 0.9;

/** `[n]`: the least cost on at most n nodes. */
type CostBySize = readonly number[];

/** One copy: a pipeline on at most so many nodes, or a pair. */
function oneCopy(problem: PlanProblem): CostBySize {
  return [none, ...problem.nodes.map((_, index) => leastSec(problem, Math.min(index + 1, problem.maxNodes)))];
}

function leastSec(problem: PlanProblem, maxNodes: number): number {
  const pair = problem.sharding === "pipeline" ? none : leastPairSec({ ...problem, maxNodes });
  if (problem.sharding === "tensor") return pair;
  const pipeline = bruteForcePlan({ ...problem, maxNodes });
  if (pipeline === undefined) return pair;
  return Math.min(pair, problem.objective === "bottleneck" ? pipeline.periodSec : pipeline.latencySec);
}

/** A pair's period is its step: both members work on every layer. */
function leastPairSec(problem: PlanProblem): number {
  if (problem.minNodes > 2 || problem.maxNodes < 2) return none;
  const nodes = problem.nodes.filter((node) => !node.cordoned);
  const pairs = nodes.flatMap((one, index) => nodes.slice(index + 1).map((other) => [one, other] as const));
  return Math.min(none, ...pairs.map(([one, other]) => tensorPairSec(problem, one, other) ?? none));
}

/** Several copies on disjoint nodes: every partition of every subset. A copy on a pinned node must be on all of them. */
function manyCopies(problem: PlanProblem): CostBySize {
  const usable = problem.nodes.filter((node) => !node.cordoned);
  const pinned = new Set(problem.pins.map((pin) => pin.node));
  const missesPinned = [...pinned].some((name) => !usable.some((node) => node.name === name));
  const rates = new Map<string, number>();
  const rateOf = (group: readonly PlanNode[]): number => {
    const key = group.map((node) => node.name).join(" ");
    const known = rates.get(key) ?? groupRate(problem, group, pinned);
    rates.set(key, known);
    return known;
  };
  const most = Array<number>(problem.nodes.length + 1).fill(0);
  const visit = (rest: readonly PlanNode[], used: readonly PlanNode[], rate: number): void => {
    const [first, ...others] = rest;
    if (first === undefined) {
      const holdsPins = [...pinned].every((name) => used.some((node) => node.name === name));
      if (used.length <= problem.maxNodes && holdsPins) most[used.length] = Math.max(most[used.length] ?? 0, rate);
      return;
    }
    visit(others, used, rate);
    for (let set = 0; set < 2 ** others.length; set += 1) {
      const group = [first, ...others.filter((_, index) => (set & (1 << index)) !== 0)];
      const more = rateOf(group);
      const left = others.filter((node) => !group.includes(node));
      if (more > 0) visit(left, [...used, ...group], rate + more);
    }
  };
  if (!missesPinned) visit(usable, [], 0);
  return most.map((_, size) => 1 / Math.max(...most.slice(0, size + 1)));
}

/** Tokens per second of the best copy on exactly these nodes; 0 where none can run. */
function groupRate(problem: PlanProblem, group: readonly PlanNode[], pinned: ReadonlySet<string>): number {
  if (group.length < problem.minNodes || group.length > problem.maxNodes) return 0;
  const inGroup = group.filter((node) => pinned.has(node.name)).length;
  if (inGroup > 0 && inGroup < pinned.size) return 0;
  const pins = inGroup > 0 ? problem.pins : [];
  const part = { ...problem, objective: "latency" as const, nodes: group, minNodes: group.length, pins };
  return problem.workload.batch / leastSec(part, group.length);
}

/** What a planner answers that may choose nothing: the very best, a pair's nodes or the fewest of a pipeline. */
function onlyChoice(problem: PlanProblem): BruteForceChoice | undefined {
  const sec = leastSec(problem, problem.maxNodes);
  if (sec === none) return undefined;
  const nodes = problem.sharding === "tensor" ? 2 : (bruteForcePlan(problem)?.nodes ?? 0);
  return { bestSec: sec, chosenSec: sec, nodes };
}

/** @returns undefined where there is nothing to choose from */
export function bruteForceChoice(problem: PlanProblem): BruteForceChoice | undefined {
  if (problem.sharding !== "auto" && problem.replicas !== "auto") return onlyChoice(problem);
  const nodes = problem.nodes.map((node) => ({ ...node, budgetBytes: node.budgetBytes * safeShare }));
  const within = { ...problem, nodes };
  const addsCopies = problem.objective === "throughput" && problem.replicas === "auto";
  const costs = addsCopies ? manyCopies(within) : oneCopy(within);
  const bestSec = Math.min(none, ...costs);
  if (bestSec === none) return undefined;
  const size = costs.findIndex((sec) => sec <= bestSec * (1 + band));
  return { bestSec, chosenSec: costs[size] ?? none, nodes: size };
}
