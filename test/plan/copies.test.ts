import { describe, expect, test } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import type { Plan } from "../../src/plan/plan-result.js";
import { aModel, aPlanNode, aPlanProblem, bothWays } from "../support/plan-problems.js";

function planOf(problem: PlanProblem): Plan {
  const result = planCluster(problem);
  if (result.kind !== "plan") throw new Error(JSON.stringify(result.shortfalls));
  return result;
}

const codesOf = (result: ReturnType<typeof planCluster>) =>
  (result.kind === "plan" ? result.reasons : result.shortfalls).map((reason) => reason.code);

describe("throughput", () => {
  test("one copy is asked for: the quickest ring", () => {
    const problem = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9 }), aPlanNode("b", { budgetBytes: 115e9 })]);
    const one = planOf({ ...problem, objective: "throughput" });
    expect(one.replicas.map((replica) => replica.stages.length)).toEqual([1]);
    const two = planOf({ ...problem, objective: "throughput", replicas: "auto" });
    expect(two.replicas.map((replica) => replica.stages.map((stage) => stage.node))).toEqual([["a"], ["b"]]);
    expect(codesOf(two)).toEqual(expect.arrayContaining(["copies", "kept_below_limit"]));
  });

  test("twenty nodes: as many copies as there are, with a proven gap", () => {
    const nodes = Array.from({ length: 20 }, (_, index) => aPlanNode(`n${index}`, { budgetBytes: 45e9 }));
    const plan = planOf(aPlanProblem(nodes, { objective: "throughput", replicas: "auto" }));
    expect(plan.replicas.length).toBe(10);
    expect(plan.optimal === true ? 0 : plan.optimal.gap).toBeLessThan(0.5);
  });
});

describe("tensor pairs", () => {
  const rdma = bothWays("a", "b", 0.0006, 6e9).map((link) => ({ ...link, kind: "rdma" }));
  const pair = (facts: Partial<PlanProblem> = {}, node: Partial<PlanNode> = {}) =>
    aPlanProblem([aPlanNode("a", node), aPlanNode("b", node)], { links: rdma, sharding: "tensor", ...facts });

  test("two 64 GB Macs hold half of every layer each; the formula of the reference", () => {
    const plan = planOf(pair({ workload: { contextTokens: 4096, concurrency: 1, batch: 1 } }));
    const [replica] = plan.replicas;
    const kv = 18 * 2048 * (4096 + 128);
    const bytes = 36 * (81_566_464 - 81_077_760 / 2) + kv / 2 + 615_329_280;
    const expected = 36 * 80e-6 + bytes / 369e9 + 72 * 25e-6;
    expect(Math.abs((replica?.latencySec ?? 0) / expected - 1)).toBeLessThan(1e-12);
    expect(replica?.stages.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer])).toEqual([
      ["a", 0, 36],
      ["b", 0, 36],
    ]);
    expect(replica?.stages[0]?.weightBytes).toBeGreaterThan(31e9);
    expect(replica?.stages[0]?.weightBytes).toBeLessThan(31.1e9);
    expect(codesOf(plan)).toContain("tensor_pair");
  });

  test("what rules them out is said", () => {
    expect(codesOf(planCluster(pair({ model: aModel("gpt-oss-120b", "affine-4") })))).toEqual(["tensor_shape"]);
    expect(codesOf(planCluster(pair({ links: bothWays("a", "b") })))).toEqual(["tensor_links"]);
    expect(codesOf(planCluster(pair({ maxNodes: 1 })))).toEqual(["tensor_size"]);
    expect(codesOf(planCluster(pair({}, { budgetBytes: 30e9 })))[0]).toBe("tensor_memory");
  });

  test("auto takes the pair where it beats ring and single node, and the single node where the gain is small", () => {
    const auto = { sharding: "auto" as const };
    expect(planOf(pair(auto)).replicas[0]?.sharding).toBe("tensor");
    const overTcp = planOf(pair({ ...auto, links: bothWays("a", "b") }));
    expect(overTcp.replicas[0]?.sharding).toBe("pipeline");
    const large = planOf(pair({ ...auto, links: bothWays("a", "b") }, { budgetBytes: 115e9 }));
    expect(large.replicas[0]?.stages.length).toBe(1);
  });

  test("auto refuses to fill a node above 0.9 of its limit, and says that a plan exists", () => {
    const problem = aPlanProblem([aPlanNode("a", { budgetBytes: 70e9 })], { sharding: "auto" });
    const { shortfalls } = planCluster(problem);
    expect(shortfalls.map(({ code, node }) => [code, node])).toEqual([
      ["above_safe_share", undefined],
      ["node_above_safe_share", "a"],
    ]);
    const needed = 63_254_703_744 + 18 * 2048 * (8192 + 128) + 3 * 2 ** 30;
    expect(shortfalls[1]?.bytes).toBe(needed - 0.9 * 70e9);
    expect(shortfalls[0]?.changes).toContainEqual({ kind: "node", add: "m4pro-24", memoryGib: 24, count: 1 });
    expect(planCluster({ ...problem, sharding: "pipeline" }).kind).toBe("plan");
  });
});
