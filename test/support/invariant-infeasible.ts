import { expect } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import type { Infeasible } from "../../src/plan/plan-result.js";
import { triedChange } from "./tried-change.js";

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
  const usable = problem.nodes.filter((node) => !node.cordoned);
  expect(others.map((why) => why.node)).toEqual(usable.map((node) => node.name));
  const lacking = others.flatMap(({ node, bytes }) => (bytes === undefined ? [] : [{ node, bytes }]));
  if (lacking.length > 0) expect(main?.bytes).toBe(Math.min(...lacking.map(({ bytes }) => bytes)));
  const isWhole = problem.sharding === "pipeline" && problem.replicas === 1;
  for (const { node, bytes } of isWhole ? lacking : []) {
    const withMore = (more: number): PlanProblem => ({
      ...problem,
      nodes: problem.nodes.map((one) => (one.name === node ? { ...one, budgetBytes: one.budgetBytes + more } : one)),
    });
    expect(planCluster(withMore(bytes)).kind).toBe("plan");
    expect(planCluster(withMore(bytes - 1)).kind).toBe("infeasible");
  }
  for (const change of main?.changes ?? []) {
    const [enough, tooLittle] = triedChange(problem, change);
    expect(planCluster(enough).kind, JSON.stringify(change)).toBe("plan");
    expect(planCluster(tooLittle).kind, JSON.stringify(change)).toBe("infeasible");
  }
}
