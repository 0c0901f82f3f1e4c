import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { coversAllLayers } from "../../src/cluster/layer-range.js";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { Objective, PlanProblem } from "../../src/plan/plan-problem.js";
import type { Plan } from "../../src/plan/plan-result.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { compareChoice, comparePipeline, costDifference } from "../support/compare-plan.js";
import { highsCase } from "../support/highs-cases.js";
import { solveWithHighs } from "../support/highs-plan.js";
import { naivePlan } from "../support/naive-plan.js";
import { aModel } from "../support/plan-problems.js";
import { seededRandom } from "../support/random-clusters.js";
import { randomProblem } from "../support/random-problems.js";

/** On a busy machine these take a while; how long is not what they test. */
vi.setConfig({ testTimeout: 240_000 });

const problemOf = (seed: number, mostNodes: number, objective: Objective): PlanProblem =>
  randomProblem({ seed, mostNodes, modes: "one-pipeline", facts: { objective } });

function replicaOf(plan: Plan) {
  const replica = plan.replicas[0];
  if (replica === undefined) throw new Error("a plan without a replica");
  return replica;
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe("planCluster against trying everything", () => {
  test.each(["latency", "bottleneck"] as const)("%s: the same objective to 1e-9, feasible or not", (objective) => {
    let plans = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        if (comparePipeline(problemOf(seed, 5, objective), bruteForcePlan).plan !== undefined) plans += 1;
      }),
      { numRuns: 80, seed: 20260822 },
    );
    expect(plans).toBeGreaterThan(60);
    expect(plans).toBeLessThan(280);
  });

  test.each(["latency", "bottleneck"] as const)(
    "%s: the same as every single split of up to four nodes",
    (objective) => {
      let plans = 0;
      fc.assert(
        fc.property(seeds, (seed) => {
          if (comparePipeline(problemOf(seed, 4, objective), naivePlan).plan !== undefined) plans += 1;
        }),
        { numRuns: 20, seed: 4 },
      );
      expect(plans).toBeGreaterThan(5);
    },
  );

  test("copies and tensor pairs: the best of all partitions, or one within a tenth of it on the fewest nodes", () => {
    const seen = { copies: 0, tensor: 0, fewer: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const { plan } = compareChoice(randomProblem({ seed, mostNodes: 5, modes: "any" }));
        if (plan === undefined) return;
        if (plan.replicas.length > 1) seen.copies += 1;
        if (plan.replicas.some((replica) => replica.sharding === "tensor")) seen.tensor += 1;
        if (plan.reasons.some((reason) => reason.code === "fewer_nodes")) seen.fewer += 1;
      }),
      { numRuns: 80, seed: 9 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(1);
  });

  test("every plan is a placement that fits, with the figures of its evaluation", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = problemOf(seed, 6, seed % 2 === 0 ? "latency" : "bottleneck");
        const result = planCluster(problem);
        if (result.kind === "infeasible") {
          expect(result.shortfalls.length).toBeGreaterThan(0);
          return;
        }
        const { stages, latencySec, periodSec } = replicaOf(result);
        const placed = stages.map(({ node, startLayer, endLayer }) => ({
          node,
          layers: { start: startLayer, end: endLayer },
        }));
        const found = evaluatePlacement(problem, placed);
        expect(found).toMatchObject({ fits: true, shortfalls: [], latencySec, periodSec });
        const ranges = placed.map((stage) => stage.layers);
        expect(coversAllLayers(ranges, problem.model.layers)).toBe(true);
        expect(stages.length).toBeGreaterThanOrEqual(problem.minNodes);
        expect(stages.length).toBeLessThanOrEqual(problem.maxNodes);
        for (const pin of problem.pins) expect(placed).toContainEqual(pin);
        for (const node of problem.nodes.filter((one) => one.cordoned)) {
          expect(stages.map((stage) => stage.node)).not.toContain(node.name);
        }
      }),
      { numRuns: 50, seed: 7 },
    );
  });
});

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((left, right) => left.key - right.key)
    .map(({ item }) => item);
}

describe("what a plan must not depend on", () => {
  test.each(["latency", "bottleneck"] as const)("%s: the order of nodes and links", (objective) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = problemOf(seed, 6, objective);
        const random = seededRandom(seed + 1);
        const mixed = { ...problem, nodes: shuffled(problem.nodes, random), links: shuffled(problem.links, random) };
        expect(JSON.stringify(planCluster(mixed))).toBe(JSON.stringify(planCluster(problem)));
      }),
      { numRuns: 50, seed: 11 },
    );
  });

  test("equal nodes: every shuffle gives the same of many tied plans", () => {
    const problem = problemOf(3, 1, "latency");
    const [model] = problem.nodes;
    if (model === undefined) throw new Error("no node");
    const names = ["a", "b", "c", "d", "e", "f"];
    const nodes = names.map((name) => ({ ...model, name, budgetBytes: 24e9, cordoned: false }));
    const alike = {
      ...problem,
      nodes,
      links: [],
      defaultLink: { alphaSec: 0.0018, bytesPerSec: 1.1e9 },
      pins: [],
      minNodes: 1,
      maxNodes: 6,
    };
    const stagesOf = (nodesInOrder: typeof nodes) => {
      const plan = planCluster({ ...alike, nodes: nodesInOrder });
      if (plan.kind !== "plan") throw new Error("infeasible");
      return replicaOf(plan).stages.map((stage) => [stage.node, stage.startLayer]);
    };
    const expected = stagesOf(nodes);
    expect(expected.map(([node]) => node)).toEqual(names.slice(0, expected.length));
    for (let seed = 0; seed < 10; seed += 1) {
      expect(stagesOf([...shuffled(nodes, seededRandom(seed))])).toEqual(expected);
    }
  });
});

describe("planCluster against an integer program", () => {
  // The benchmark solves 24 of all 36 layers; of the bottleneck one takes HiGHS some seconds.
  test.each([
    ["latency", 36, 18],
    ["bottleneck", 12, 9],
  ] as const)("%s of %i layers by HiGHS", async (objective, layers, index) => {
    const problem = { ...highsCase(index), model: { ...aModel(), layers } };
    expect(problem.objective).toBe(objective);
    const expected = await solveWithHighs(problem);
    const result = planCluster(problem);
    if (result.kind === "infeasible" || expected === undefined) throw new Error("expected a plan");
    expect(costDifference(problem, result, expected)).toBeLessThan(1e-9);
  });
});
