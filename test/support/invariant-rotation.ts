import { expect } from "vitest";
import { evaluatePlacement, type PlacedStage } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { criticalHead, planFormulas } from "./plan-formulas.js";

/** The same blocks by size, begun at another node. */
function rotated(placed: readonly PlacedStage[], by: number): readonly PlacedStage[] {
  let start = 0;
  return [...placed.slice(by), ...placed.slice(0, by)].map(({ node, layers }) => {
    const range = { start, end: start + layers.end - layers.start };
    start = range.end;
    return { node, layers: range };
  });
}

/** A step without its head, and the head. */
function costs(problem: PlanProblem, placed: readonly PlacedStage[]) {
  const { latencySec, periodSec, shortfalls } = evaluatePlacement(problem, placed);
  const order = placed.map((stage) => problem.nodes.find((node) => node.name === stage.node));
  if (!order.every((node) => node !== undefined)) throw new Error("a placement on unknown nodes");
  const headSec = planFormulas(problem).headSec(criticalHead(problem, order));
  return { latencySec, periodSec, headSec, restSec: latencySec - headSec, fits: shortfalls.length === 0 };
}

/** Blocks of even size keep each node's share of full-attention layers wherever the ring begins. */
function evenBlocks(problem: PlanProblem, random: () => number): readonly PlacedStage[] {
  const nodes = problem.nodes.map((node) => ({ node, key: random() })).toSorted((one, other) => one.key - other.key);
  const pairs = nodes.map(() => 1);
  for (let left = problem.model.layers / 2 - nodes.length; left > 0; left -= 1) {
    const index = Math.floor(random() * pairs.length);
    pairs[index] = (pairs[index] ?? 0) + 1;
  }
  let start = 0;
  return nodes.map(({ node }, index) => {
    const range = { start, end: start + 2 * (pairs[index] ?? 0) };
    start = range.end;
    return { node: node.name, layers: range };
  });
}

/**
 * Placements on a ring of equal links, begun at each of its nodes: only the head term differs. And the planner begins its
 * own ring where that is least, as far as memory allows.
 */
export function checkRotation(drawn: PlanProblem, random: () => number): string {
  const link = { alphaSec: 0.0005 + random() * 0.002, bytesPerSec: 1e8 + random() * 6e9 };
  const problem: PlanProblem = { ...drawn, links: [], defaultLink: link, pins: [] };
  const placed = evenBlocks(problem, random);
  const first = costs(problem, placed);
  for (let by = 1; by < placed.length; by += 1) {
    const other = costs(problem, rotated(placed, by));
    expect(Math.abs(other.restSec / first.restSec - 1)).toBeLessThan(1e-12);
    if (problem.outputPolicy === "replicated") {
      expect(Math.abs(other.periodSec / first.periodSec - 1)).toBeLessThan(1e-12);
    }
  }
  return placed.length === 1 ? "one node" : plannedRing({ ...problem, sharding: "pipeline", replicas: 1 });
}

function plannedRing(drawn: PlanProblem): string {
  // Up to the window of the sliding layers all layers take the same time, so any blocks may rotate.
  const workload = { ...drawn.workload, contextTokens: drawn.model.slidingWindow };
  const problem: PlanProblem = { ...drawn, workload, objective: "latency" };
  const result = planCluster(problem);
  const stages = result.kind === "plan" ? (result.replicas[0]?.stages ?? []) : [];
  const placed = stages.map(({ node, startLayer, endLayer }) => ({
    node,
    layers: { start: startLayer, end: endLayer },
  }));
  if (placed.length < 2) return "ring, planned without one";
  const chosen = costs(problem, placed);
  for (let by = 1; by < placed.length; by += 1) {
    const other = costs(problem, rotated(placed, by));
    expect(Math.abs(other.restSec / chosen.restSec - 1)).toBeLessThan(1e-12);
    if (other.fits) expect(chosen.headSec).toBeLessThanOrEqual(other.headSec * (1 + 1e-9));
  }
  return "ring, planned with one";
}
