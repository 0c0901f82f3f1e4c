import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isProvablyShort } from "../../src/plan/memory-shortfalls.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import type { Change, Reason } from "../../src/plan/reason.js";
import { aPlanNode, aPlanProblem, bothWays } from "../support/plan-problems.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";
import { triedChange } from "../support/tried-change.js";

const fits = (problem: PlanProblem): boolean => planCluster(problem).kind === "plan";
const shortfallsOf = (problem: PlanProblem): readonly Reason[] => planCluster(problem).shortfalls;
const changesOf = (problem: PlanProblem): readonly Change[] =>
  shortfallsOf(problem).flatMap(({ changes = [] }) => changes);

describe("every change that is offered", () => {
  test("makes a plan possible, and the next smaller one does not", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = seededRandom(seed);
        const cluster = randomCluster(random, {
          nodes: 1 + Math.floor(random() * 4),
          budgetGb: [12, 36],
          missingLinks: random() < 0.5 ? 0 : 0.4,
          asymmetricLinks: 0,
        });
        const workload = {
          contextTokens: [4096, 30_000, 131_072][Math.floor(random() * 3)] ?? 4096,
          concurrency: [1, 4, 16][Math.floor(random() * 3)] ?? 1,
          batch: 1,
        };
        const nodes = cluster.nodes.map((node) => ({ ...node, cordoned: random() < 0.2 }));
        const problem: PlanProblem = {
          ...problemOn({ ...cluster, nodes }, { workload }),
          sharding: random() < 0.3 ? "auto" : "pipeline",
          maxNodes: random() < 0.3 ? 1 + Math.floor(random() * nodes.length) : nodes.length,
        };
        for (const change of changesOf(problem)) {
          const [enough, tooLittle] = triedChange(problem, change);
          expect(fits(enough), JSON.stringify(change)).toBe(true);
          expect(fits(tooLittle), JSON.stringify(change)).toBe(false);
          seen.set(change.kind, (seen.get(change.kind) ?? 0) + 1);
        }
      }),
      { numRuns: 150, seed: 11 },
    );
    for (const kind of ["context", "concurrency", "node", "uncordon", "maxNodes", "link"]) {
      expect(seen.get(kind), kind).toBeGreaterThan(0);
    }
  });

  test("less of both where neither alone would do", () => {
    const nodes = [aPlanNode("a", { budgetBytes: 36.6e9 }), aPlanNode("b", { budgetBytes: 36.6e9 })];
    const problem = aPlanProblem(nodes, { workload: { contextTokens: 131_072, concurrency: 200, batch: 1 } });
    const change = changesOf(problem)[0];
    expect(change?.kind).toBe("workload");
    const [enough, tooLittle] = triedChange(problem, change as Change);
    expect([fits(enough), fits(tooLittle)]).toEqual([true, false]);
  });

  test("several Macs where one is not enough", () => {
    const problem = aPlanProblem([aPlanNode("a")], {
      workload: { contextTokens: 131_072, concurrency: 150, batch: 1 },
    });
    const change = changesOf(problem).find(({ kind }) => kind === "node");
    expect(change).toMatchObject({ count: 2 });
    const [enough, tooLittle] = triedChange(problem, change as Change);
    expect([fits(enough), fits(tooLittle)]).toEqual([true, false]);
  });

  test("a newcomer is filled no further than the others where the planner keeps below the limit", () => {
    const nodes = [aPlanNode("a", { budgetBytes: 40_200_893_890 }), aPlanNode("b", { budgetBytes: 30_150_670_417 })];
    const workload = { contextTokens: 131_072, concurrency: 8, batch: 1 };
    const auto = aPlanProblem(nodes, { workload, sharding: "auto" });
    expect(changesOf(auto)).toEqual([{ kind: "node", add: "m3ultra-96", memoryGib: 96, count: 1 }]);
    expect(changesOf({ ...auto, sharding: "pipeline" })).toEqual([
      { kind: "node", add: "m4max-64", memoryGib: 64, count: 1 },
    ]);
  });
});

describe("what a node lacks", () => {
  test("to the byte: with so much more it would close the gap, with one byte less it would not", () => {
    const workload = { contextTokens: 32_768, concurrency: 2, batch: 1 };
    const nodes = [aPlanNode("a", { budgetBytes: 30e9 }), aPlanNode("b", { budgetBytes: 33e9 })];
    for (const outputPolicy of ["replicated", "tail"] as const) {
      const problem = aPlanProblem(nodes, { workload, outputPolicy });
      const shortfalls = shortfallsOf(problem);
      const byNode = shortfalls.filter(({ code }) => code === "node_memory");
      expect(byNode.map(({ node }) => node)).toEqual(["a", "b"]);
      for (const { node, bytes = 0 } of byNode) {
        const grown = (more: number): PlanProblem => ({
          ...problem,
          nodes: nodes.map((one) => (one.name === node ? { ...one, budgetBytes: one.budgetBytes + more } : one)),
        });
        expect(bytes).toBeGreaterThan(0);
        expect([fits(grown(bytes)), fits(grown(bytes - 1))]).toEqual([true, false]);
      }
      expect(shortfalls[0]?.bytes).toBe(Math.min(...byNode.map(({ bytes = 0 }) => bytes)));
    }
  });

  test("a budget in another unit than bytes is recognised", () => {
    const fixes = shortfallsOf(aPlanProblem([aPlanNode("a", { budgetBytes: 64 })])).map(({ fix }) => fix);
    expect(fixes.at(-1)).toContain("count bytes");
  });
});

test("many nodes: twelve are named, the rest are counted, and counting proves that memory is short", () => {
  const nodes = Array.from({ length: 30 }, (_, index) => aPlanNode(`n${index}`, { budgetBytes: 6.1e9 }));
  const workload = { contextTokens: 131_072, concurrency: 64, batch: 1 };
  const problem = aPlanProblem(nodes, { workload });
  expect(isProvablyShort(problem)).toBe(true);
  const shortfalls = shortfallsOf(problem);
  expect(shortfalls[0]?.message).toMatch(/^36 of 36 layers/);
  expect(shortfalls).toHaveLength(14);
  expect(shortfalls.at(-1)?.message).toBe("18 more nodes have room for 0 layers together.");
  // Each holds a sliding layer, but nobody a full one.
  const roomier = nodes.map((node) => ({ ...node, budgetBytes: 6.5e9 }));
  const enough = aPlanProblem([...roomier, ...roomier.map((node) => ({ ...node, name: `${node.name}b` }))], {
    workload,
  });
  expect(isProvablyShort(enough)).toBe(true);
  expect(shortfallsOf(enough)[0]?.message).toMatch(/^18 of 36 layers/);
  expect(isProvablyShort(aPlanProblem(roomier))).toBe(true);
  expect(isProvablyShort(aPlanProblem(nodes.map((node) => ({ ...node, budgetBytes: 12e9 }))))).toBe(false);
});

describe("links and pins", () => {
  test("who is cut off, and the one link that closes a ring", () => {
    const links = [...bothWays("a", "b").slice(0, 1), ...bothWays("b", "c").slice(0, 1)];
    const shortfalls = shortfallsOf(aPlanProblem([aPlanNode("a"), aPlanNode("b"), aPlanNode("c")], { links }));
    expect(shortfalls.map(({ code, node, message }) => [code, node, message])).toEqual([
      ["no_ring", undefined, expect.stringContaining("Memory would do")],
      ["not_linked", "a", "a can be reached by no other node."],
      ["not_linked", "c", "c can reach no other node."],
    ]);
    expect(shortfalls[0]?.fix).toBe("Add a link from b to a.");
  });

  test("what fits of a pinned range, and what the pins leave over", () => {
    const nodes = [aPlanNode("a"), aPlanNode("b")];
    const pinned = (start: number, end: number) =>
      shortfallsOf(aPlanProblem(nodes, { pins: [{ node: "a", layers: { start, end } }] }))[0];
    expect(pinned(0, 36)?.fix).toBe("Pin at most layers 0 to 28 there.");
    expect(fits(aPlanProblem(nodes, { pins: [{ node: "a", layers: { start: 0, end: 29 } }] }))).toBe(true);
    expect(pinned(10, 20)?.message).toContain("leave layers 0 to 9 and layers 20 to 35 to the other nodes");
  });
});
