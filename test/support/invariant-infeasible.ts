import { expect } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import type { Infeasible } from "../../src/plan/plan-result.js";
import type { Change } from "../../src/plan/reason.js";
import { supposeChanges } from "../../src/plan/suppose-changes.js";
import { mostLayers, planFormulas } from "./plan-formulas.js";

/** The Macs that are offered, by rising memory. */
const macs = [
  "m4pro-24",
  "m4max-36",
  "m4max-48",
  "m4max-64",
  "m3ultra-96",
  "m4max-128",
  "m2ultra-192",
  "m3ultra-256",
  "m3ultra-512",
];

/** With less memory, so that more of the problems have no plan. */
const scarce = (problem: PlanProblem, share: number): PlanProblem => ({
  ...problem,
  nodes: problem.nodes.map((node) => ({ ...node, budgetBytes: Math.round(node.budgetBytes * share) })),
});

/** What has no plan says why; where memory is short, by how much, and each change that it offers makes a plan possible. */
export function checkInfeasible(drawn: PlanProblem, random: () => number): string {
  const problem = scarce(drawn, 0.3 + random() * 0.7);
  const result = planCluster(problem);
  if (result.kind === "plan") return "plan";
  const [main] = result.shortfalls;
  if (main === undefined) throw new Error("no shortfall is named");
  for (const { bytes } of result.shortfalls) {
    if (bytes !== undefined) expect(bytes).toBeGreaterThanOrEqual(0);
  }
  if (main.code === "memory") checkMissingBytes(problem, result);
  else mend(problem, main.code);
  return main.code;
}

/** What the fix of a shortfall without figures says. */
function mend(problem: PlanProblem, code: string): void {
  const feasible = (changed: PlanProblem): void => expect(planCluster(changed).kind).toBe("plan");
  const perfect = { alphaSec: 0, bytesPerSec: 1e12 };
  if (code === "no_ring") feasible({ ...problem, links: [], defaultLink: perfect });
  if (code === "max_nodes") feasible({ ...problem, maxNodes: problem.nodes.length });
  if (code === "pins") feasible({ ...problem, links: [], defaultLink: perfect, pins: [] });
  if (code === "above_safe_share") feasible({ ...problem, sharding: "pipeline", replicas: 1 });
}

function checkMissingBytes(problem: PlanProblem, { shortfalls }: Infeasible): void {
  const [main, ...others] = shortfalls;
  const share = problem.sharding === "auto" || problem.replicas === "auto" ? 0.9 : 1;
  const nodes = problem.nodes
    .filter((node) => !node.cordoned)
    .map((node) => ({ ...node, budgetBytes: node.budgetBytes * share }));
  expect(others.map((why) => why.node)).toEqual(nodes.map((node) => node.name));
  if (problem.pins.length === 0) expect(main?.bytes).toBe(missingBytes(problem, nodes));
  for (const change of main?.changes ?? []) {
    expect(planCluster(changed(problem, change)).kind).toBe("plan");
    const less = nextSmaller(problem, change);
    if (less !== undefined) expect(planCluster(changed(problem, less)).kind).toBe("infeasible");
  }
}

/** The layers that find no place however they are spread, at the size of the average one. */
function missingBytes(problem: PlanProblem, nodes: PlanProblem["nodes"]): number {
  const formulas = planFormulas(problem);
  const { layers } = problem.model;
  const held = nodes.map((node) => mostLayers(problem, node)).toSorted((left, right) => right - left);
  const placed = held.slice(0, problem.maxNodes).reduce((sum, count) => sum + count, 0);
  const stored = Array.from({ length: layers }, (_, layer) => formulas.layerBytes(layer));
  const average = stored.reduce((sum, bytes) => sum + bytes, 0) / layers;
  return Math.ceil(average * Math.max(1, layers - placed));
}

function changed(problem: PlanProblem, change: Change): PlanProblem {
  const { workload } = problem;
  switch (change.kind) {
    case "context":
      return { ...problem, workload: { ...workload, contextTokens: change.contextTokens } };
    case "concurrency":
      return { ...problem, workload: { ...workload, concurrency: change.concurrency } };
    case "node": {
      const supposed = supposeChanges(problem, [{ kind: "add", chip: change.add }]);
      if ("issues" in supposed) throw new Error(`can't add ${change.add}`);
      return supposed.problem;
    }
    default:
      return change satisfies never;
  }
}

/** A smaller change of the same kind, which is then too small. */
function nextSmaller(problem: PlanProblem, change: Change): Change | undefined {
  const step = problem.model.kvStepTokens;
  switch (change.kind) {
    case "context": {
      const contextTokens = change.contextTokens + step;
      return contextTokens < problem.workload.contextTokens ? { ...change, contextTokens } : undefined;
    }
    case "concurrency": {
      const concurrency = change.concurrency + 1;
      return concurrency < problem.workload.concurrency ? { ...change, concurrency } : undefined;
    }
    case "node": {
      const smaller = macs[macs.indexOf(change.add) - 1];
      return smaller === undefined ? undefined : { ...change, add: smaller };
    }
    default:
      return change satisfies never;
  }
}
