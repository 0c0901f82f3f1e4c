import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { coversAllLayers } from "../../src/cluster/layer-range.js";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import type { Plan } from "../../src/plan/plan-result.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";

/** On a busy machine these take a while; how long is not what they test. */
vi.setConfig({ testTimeout: 240_000 });

const contexts = [4096, 32_768, 131_072];

/** A random problem of up to `most` nodes: links missing and one-way, limits, pins and cordons now and then. */
function randomProblem(seed: number, most: number, objective: PlanProblem["objective"]): PlanProblem {
  const random = seededRandom(seed);
  const count = 1 + Math.floor(random() * most);
  const cluster = randomCluster(random, {
    nodes: count,
    budgetGb: random() < 0.5 ? [18, 40] : [26, 80],
    missingLinks: random() < 0.5 ? 0 : 0.25,
    asymmetricLinks: 0.5,
  });
  const minNodes = random() < 0.2 ? Math.min(count, 2) : 1;
  const start = Math.floor(random() * 20);
  const node = cluster.nodes[Math.floor(random() * count)];
  const isPinned = random() < 0.2 && node !== undefined;
  return problemOn(
    {
      ...cluster,
      nodes: cluster.nodes.map((one) => ({ ...one, cordoned: one !== node && random() < 0.1 })),
    },
    {
      objective,
      outputPolicy: random() < 0.5 ? "replicated" : "tail",
      workload: {
        contextTokens: contexts[Math.floor(random() * contexts.length)] ?? 4096,
        concurrency: random() < 0.7 ? 1 : 4,
        batch: random() < 0.7 ? 1 : 4,
      },
      minNodes,
      maxNodes: random() < 0.2 ? Math.max(minNodes, count - 1) : count,
      pins: isPinned ? [{ node: node.name, layers: { start, end: start + 4 } }] : [],
    },
  );
}

function replicaOf(plan: Plan) {
  const replica = plan.replicas[0];
  if (replica === undefined) throw new Error("a plan without a replica");
  return replica;
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe("planCluster against trying everything", () => {
  test.each(["latency", "bottleneck"] as const)("%s: the same objective to 1e-9, feasible or not", (objective) => {
    const seen = { plan: 0, infeasible: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = randomProblem(seed, 5, objective);
        const expected = bruteForcePlan(problem);
        const result = planCluster(problem);
        seen[result.kind] += 1;
        expect(result.kind).toBe(expected === undefined ? "infeasible" : "plan");
        if (result.kind !== "plan" || expected === undefined) return;
        expect(result.optimal).toBe(true);
        expect(Math.abs(result.predicted.latencySec / expected.latencySec - 1)).toBeLessThan(1e-9);
        if (objective === "latency") return;
        expect(Math.abs(result.predicted.periodSec / expected.periodSec - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 300, seed: 20260822 },
    );
    expect(Math.min(seen.plan, seen.infeasible)).toBeGreaterThan(60);
  });

  test("every plan is a placement that fits, with the figures of its evaluation", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = randomProblem(seed, 6, seed % 2 === 0 ? "latency" : "bottleneck");
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
      { numRuns: 200, seed: 7 },
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
        const problem = randomProblem(seed, 6, objective);
        const random = seededRandom(seed + 1);
        const mixed = { ...problem, nodes: shuffled(problem.nodes, random), links: shuffled(problem.links, random) };
        expect(JSON.stringify(planCluster(mixed))).toBe(JSON.stringify(planCluster(problem)));
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  test("equal nodes: every shuffle gives the same of many tied plans", () => {
    const problem = randomProblem(3, 1, "latency");
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

describe("invariants of the latency optimum", () => {
  const latencyOf = (problem: PlanProblem): number => {
    const result = planCluster(problem);
    return result.kind === "plan" ? result.predicted.latencySec : Number.POSITIVE_INFINITY;
  };

  test("it never rises when a node gets faster or larger, a link quicker, or a node joins", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = { ...randomProblem(seed, 5, "latency"), maxNodes: 6 };
        const before = latencyOf(problem) * (1 + 1e-9);
        const [first, ...others] = problem.nodes;
        if (first === undefined) return;
        const faster = { ...first, effBytesPerSec: first.effBytesPerSec * 1.3 };
        const larger = { ...first, budgetBytes: first.budgetBytes * 1.2 };
        expect(latencyOf({ ...problem, nodes: [faster, ...others] })).toBeLessThanOrEqual(before);
        expect(latencyOf({ ...problem, nodes: [larger, ...others] })).toBeLessThanOrEqual(before);
        const links = problem.links.map((link, index) => (index === 0 ? { ...link, alphaSec: 0.0003 } : link));
        expect(latencyOf({ ...problem, links })).toBeLessThanOrEqual(before);
        const joined = { ...first, name: "newcomer", cordoned: false };
        expect(latencyOf({ ...problem, nodes: [...problem.nodes, joined] })).toBeLessThanOrEqual(before);
      }),
      { numRuns: 80, seed: 5 },
    );
  });
});
