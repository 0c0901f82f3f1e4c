import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import type { Plan } from "../../src/plan/plan-result.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { aModel, aPlanNode, aPlanProblem, bothWays } from "../support/plan-problems.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";

function planOf(problem: PlanProblem): Plan {
  const result = planCluster(problem);
  if (result.kind !== "plan") throw new Error(JSON.stringify(result.shortfalls));
  return result;
}

const codesOf = (result: ReturnType<typeof planCluster>) =>
  (result.kind === "plan" ? result.reasons : result.shortfalls).map((reason) => reason.code);

/** Best sums of rates for every number of nodes, by trying every partition. */
function bruteForceRates(problem: PlanProblem): readonly number[] {
  const rates = new Map<string, number>();
  const rateOf = (nodes: readonly PlanNode[]): number => {
    const key = nodes.map((node) => node.name).join();
    const known = rates.get(key);
    if (known !== undefined) return known;
    const part = { ...problem, objective: "latency" as const, nodes, minNodes: nodes.length, maxNodes: nodes.length };
    const found = bruteForcePlan(part);
    const rate = found === undefined ? 0 : problem.workload.batch / found.latencySec;
    rates.set(key, rate);
    return rate;
  };
  const best = Array<number>(problem.nodes.length + 1).fill(0);
  const visit = (rest: readonly PlanNode[], used: number, sum: number): void => {
    best[used] = Math.max(best[used] ?? 0, sum);
    const [first, ...others] = rest;
    if (first === undefined) return;
    visit(others, used, sum);
    for (let set = 0; set < 2 ** others.length; set += 1) {
      const group = [first, ...others.filter((_, index) => (set & (1 << index)) !== 0)];
      const rate = rateOf(group);
      if (rate > 0)
        visit(
          others.filter((node) => !group.includes(node)),
          used + group.length,
          sum + rate,
        );
    }
  };
  visit(problem.nodes, 0, 0);
  return best;
}

describe("throughput", () => {
  test("copies have the best sum of rates, or one within the band on the fewest nodes", () => {
    let several = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = seededRandom(seed);
        const nodes = 1 + Math.floor(random() * 5);
        const cluster = randomCluster(random, {
          nodes,
          budgetGb: random() < 0.5 ? [30, 60] : [50, 110],
          missingLinks: random() < 0.5 ? 0 : 0.2,
          asymmetricLinks: 0.5,
        });
        const contextTokens = [4096, 32_768, 131_072][Math.floor(random() * 3)] ?? 4096;
        const workload = { contextTokens, concurrency: 1, batch: random() < 0.5 ? 1 : 4 };
        const problem = problemOn(cluster, { objective: "throughput", replicas: "auto", workload });
        const kept = cluster.nodes.map((node) => ({ ...node, budgetBytes: node.budgetBytes * 0.9 }));
        const rates = bruteForceRates({ ...problem, nodes: kept });
        const most = Math.max(...rates);
        const result = planCluster(problem);
        expect(result.kind).toBe(most > 0 ? "plan" : "infeasible");
        if (result.kind !== "plan") return;
        if (result.replicas.length > 1) several += 1;
        const fewest = rates.findIndex((rate) => rate >= (most / 1.1) * (1 + 1e-9));
        const used = result.replicas.flatMap((replica) => replica.stages.map((stage) => stage.node));
        expect(new Set(used).size).toBe(used.length);
        expect(used.length).toBe(fewest);
        const aggregate = result.predicted.aggregateTokensPerSec;
        expect(Math.abs(aggregate / (rates[fewest] ?? 0) - 1)).toBeLessThan(1e-9);
        expect(
          Math.abs(aggregate / result.replicas.reduce((sum, one) => sum + workload.batch / one.latencySec, 0) - 1),
        ).toBeLessThan(1e-12);
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(several).toBeGreaterThan(10);
  });

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
