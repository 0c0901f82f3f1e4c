import { expect } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanLink, PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { checkEqualNodes } from "./invariant-equal-nodes.js";
import { checkInfeasible } from "./invariant-infeasible.js";
import { checkRotation } from "./invariant-rotation.js";
import { planFormulas, stageNeed } from "./plan-formulas.js";
import { addsCopies, optimumSec, planSec, solveOptimum, usedNodes } from "./plan-outcome.js";
import { randomCluster } from "./random-clusters.js";
import { objectives } from "./random-problems.js";

/** Something that must hold for every problem (placement reference 6, item 8). */
export interface PlanInvariant {
  readonly name: string;
  /**
   * @param random for whatever the check needs to draw besides
   * @returns what kind of case it was, so that runs which prove nothing are seen
   */
  check(problem: PlanProblem, random: () => number): string;
}

/** Relative slack between two costs that were summed up in another order. */
const slack = 1e-9;

const pickFrom = <T>(random: () => number, items: readonly T[]): T | undefined =>
  items[Math.floor(random() * items.length)];

function checkLayers(problem: PlanProblem): string {
  const result = planCluster(problem);
  if (result.kind === "infeasible") return "infeasible";
  for (const { sharding, stages } of result.replicas) {
    expect(stages.map((stage) => stage.rank)).toEqual([...stages.keys()]);
    const counts = stages.map((stage) => stage.endLayer - stage.startLayer);
    if (sharding === "tensor") {
      expect(counts).toEqual([problem.model.layers, problem.model.layers]);
      continue;
    }
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(problem.model.layers);
    const starts = [0, ...stages.map((stage) => stage.endLayer)];
    stages.forEach((stage, rank) => {
      expect(stage.startLayer).toBe(starts[rank]);
    });
  }
  expect(new Set(usedNodes(result)).size).toBe(usedNodes(result).length);
  return result.replicas.length > 1 ? "copies" : (result.replicas[0]?.sharding ?? "none");
}

function checkMemory(problem: PlanProblem): string {
  const result = planCluster(problem);
  if (result.kind === "infeasible") return "infeasible";
  const share = problem.sharding === "auto" || problem.replicas === "auto" ? 0.9 : 1;
  const formulas = planFormulas(problem);
  for (const { sharding, stages } of result.replicas) {
    for (const [rank, stage] of stages.entries()) {
      const node = problem.nodes.find((one) => one.name === stage.node);
      if (node === undefined) throw new Error(`the plan uses ${stage.node}, which is not there`);
      const stated = stage.weightBytes + stage.kvBytes + stage.fixedBytes + stage.reserveBytes;
      expect(stage.budgetBytes).toBe(node.budgetBytes);
      expect(stated).toBeLessThanOrEqual(node.budgetBytes * share);
      if (sharding === "tensor") continue;
      const placed = { node, start: stage.startLayer, end: stage.endLayer };
      expect(stated).toBe(stageNeed(formulas, placed, rank, stages.length));
    }
  }
  return result.replicas.length > 1 ? "copies" : (result.replicas[0]?.sharding ?? "none");
}

/**
 * Compares optima: of two plans that were preferred for having fewer nodes, the one of the better cluster may be slower.
 *
 * @param feasibility whether what got better can make a plan possible
 */
function neverRises(problem: PlanProblem, better: PlanProblem, feasibility: "stays" | "may come"): string {
  const before = solveOptimum(problem);
  const after = solveOptimum(better);
  expect(after).toBeLessThanOrEqual(before * (1 + slack));
  if (after === Number.POSITIVE_INFINITY) return "infeasible";
  if (before === Number.POSITIVE_INFINITY) {
    expect(feasibility).toBe("may come");
    return "newly feasible";
  }
  return after < before * (1 - slack) ? "better" : "same";
}

function withNode(problem: PlanProblem, random: () => number, change: (node: PlanNode) => PlanNode): PlanProblem {
  const node = pickFrom(random, problem.nodes);
  return { ...problem, nodes: problem.nodes.map((one) => (one === node ? change(one) : one)) };
}

function checkFasterNode(problem: PlanProblem, random: () => number): string {
  const factor = 1 + random();
  const better = withNode(problem, random, (node) => ({ ...node, effBytesPerSec: node.effBytesPerSec * factor }));
  return neverRises(problem, better, "stays");
}

function checkLargerBudget(problem: PlanProblem, random: () => number): string {
  const bytes = Math.round(random() * 30e9);
  return neverRises(
    problem,
    withNode(problem, random, (node) => ({ ...node, budgetBytes: node.budgetBytes + bytes })),
    "may come",
  );
}

function checkQuickerLink(problem: PlanProblem, random: () => number): string {
  const link = pickFrom(random, problem.links);
  if (link === undefined) return "no link";
  const quicker = { ...link, alphaSec: link.alphaSec * random() };
  const better = { ...problem, links: problem.links.map((one) => (one === link ? quicker : one)) };
  // A link that is quick enough counts as RDMA, which tensor pairs need.
  return neverRises(problem, better, problem.sharding === "pipeline" ? "stays" : "may come");
}

/** Memory, links, pins and counts decide whether there is a plan; what is minimised among plans does not. */
function checkObjectives(problem: PlanProblem): string {
  const [kind, ...others] = objectives.map((objective) => planCluster({ ...problem, objective }).kind);
  for (const other of others) expect(other).toBe(kind);
  return kind ?? "none";
}

/** One more node with links of its own; limits stay, so every old plan is still one. */
function withNewcomer(problem: PlanProblem, random: () => number, facts: Partial<PlanNode>): PlanProblem {
  const name = random() < 0.5 ? "a newcomer" : "z newcomer";
  const nodes = randomCluster(random, { nodes: 1, budgetGb: [15, 110], missingLinks: 0, asymmetricLinks: 0 }).nodes;
  const links = problem.nodes.flatMap((node): readonly PlanLink[] => {
    const alphaSec = 0.0005 + random() * 0.002;
    const there = { from: name, to: node.name, alphaSec, bytesPerSec: 5e9 };
    const back = { from: node.name, to: name, alphaSec, bytesPerSec: 5e9 };
    return random() < 0.8 ? [there, back] : random() < 0.5 ? [there] : [];
  });
  const newcomers = nodes.map((node) => ({ ...node, name, ...facts }));
  return { ...problem, nodes: [...problem.nodes, ...newcomers], links: [...problem.links, ...links] };
}

function checkNewcomer(problem: PlanProblem, random: () => number): string {
  const joined = withNewcomer(problem, random, {});
  const before = planCluster(problem);
  const after = planCluster(joined);
  const [least, leastJoined] = [optimumSec(problem, before), optimumSec(joined, after)];
  expect(leastJoined).toBeLessThanOrEqual(least * (1 + slack));
  if (after.kind === "infeasible") return "infeasible";
  if (usedNodes(after).some((name) => name.endsWith("newcomer"))) return "used";
  if (after.optimal !== true) {
    // The best plan, which was passed over, may well use it; the one that was chosen was open before.
    expect(least).toBeLessThanOrEqual(planSec(joined, after) * (1 + slack));
    return "unused, passed over";
  }
  if (before.kind === "infeasible") throw new Error("an unused node made a plan possible");
  expect(leastJoined / least).toBeGreaterThan(1 - slack);
  expect(usedNodes(before).length).toBe(usedNodes(after).length);
  if (!addsCopies(problem)) expect(after.replicas).toEqual(before.replicas);
  return "unused";
}

function checkUselessNewcomer(problem: PlanProblem, random: () => number): string {
  const useless: Partial<PlanNode> = random() < 0.5 ? { cordoned: true } : { budgetBytes: 2e9 };
  const before = planCluster(problem);
  const after = planCluster(withNewcomer(problem, random, useless));
  expect(after.kind).toBe(before.kind);
  if (before.kind === "infeasible" || after.kind === "infeasible") return "infeasible";
  expect([after.replicas, after.predicted, after.optimal]).toEqual([before.replicas, before.predicted, before.optimal]);
  return "plan";
}

function checkPreference(problem: PlanProblem): string {
  const result = planCluster(problem);
  if (result.kind === "infeasible") return "infeasible";
  const choosesModes = problem.sharding === "auto" || problem.replicas === "auto";
  expect(planSec(problem, result)).toBeLessThanOrEqual(optimumSec(problem, result) * (choosesModes ? 1.1 + slack : 1));
  const isNamed = result.reasons.some((reason) => reason.code === "fewer_nodes");
  expect(isNamed).toBe(result.optimal !== true);
  return isNamed ? "fewer nodes" : "the best";
}

/** Every invariant, defined once for the suite and for the long run. */
export const planInvariants: readonly PlanInvariant[] = [
  { name: "every layer runs once and in order", check: checkLayers },
  { name: "no block is beyond memory", check: checkMemory },
  { name: "whether there is a plan does not depend on the objective", check: checkObjectives },
  { name: "a faster node never raises the optimum", check: checkFasterNode },
  { name: "a larger budget never raises the optimum", check: checkLargerBudget },
  { name: "a quicker link never raises the optimum", check: checkQuickerLink },
  { name: "a node that joins and is not used changes nothing", check: checkNewcomer },
  { name: "a node that can't be used changes nothing", check: checkUselessNewcomer },
  { name: "preferring fewer nodes costs a tenth at most, and is said", check: checkPreference },
  { name: "rotating a symmetric ring changes only the head term", check: checkRotation },
  { name: "equal nodes tie", check: checkEqualNodes },
  { name: "what is infeasible names the bytes and a change that mends it", check: checkInfeasible },
];
