import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseManyCopies } from "../../src/plan/choose-many-copies.js";
import { choosePartition } from "../../src/plan/choose-partition.js";
import { evaluateCopy } from "../../src/plan/evaluate-copy.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";

function aProblem(seed: number, nodes: number, facts: Partial<PlanProblem> = {}): PlanProblem {
  const random = seededRandom(seed);
  const cluster = randomCluster(random, { nodes, budgetGb: [26, 60], missingLinks: 0.1, asymmetricLinks: 0.5 });
  return problemOn(cluster, { objective: "throughput", replicas: "auto", ...facts });
}

const enough = () => ({ left: 200_000 });

describe("copies where there are too many nodes for every division", () => {
  test("never more than the best division has, and never a bound below it", () => {
    let proven = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = seededRandom(seed);
        const problem = aProblem(seed, 2 + Math.floor(random() * 6), {
          sharding: random() < 0.3 ? "auto" : "pipeline",
          minNodes: random() < 0.2 ? 2 : 1,
        });
        const best = choosePartition(problem, enough());
        const found = chooseManyCopies(problem, enough());
        expect(typeof found === "string").toBe(typeof best === "string");
        if (typeof found === "string" || typeof best === "string") return;
        const rateOf = ({ copies }: typeof found): number =>
          copies.reduce((sum, copy) => sum + 1 / evaluateCopy(problem, copy).latencySec, 0);
        // The best division may have been passed over for one with fewer nodes: up to a tenth less.
        const most = rateOf(best) * (1 + (best.passedOver?.gain ?? 0));
        const gap = found.optimal === true ? 0 : found.optimal.gap;
        expect(rateOf(found)).toBeLessThanOrEqual(most * (1 + 1e-9));
        expect(rateOf(found) / (1 - gap)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
        if (gap < 0.2) proven += 1;
      }),
      { numRuns: 60, seed: 21 },
    );
    expect(proven).toBeGreaterThan(20);
  });

  test("pinned layers stay where they are, and the other copies use what is left", () => {
    const problem = aProblem(5, 14, { maxNodes: 12, pins: [{ node: "n3", layers: { start: 4, end: 8 } }] });
    const result = planCluster(problem);
    const stages = result.replicas.flatMap((replica) => replica.stages);
    expect(result.replicas.length).toBeGreaterThan(2);
    expect(stages.find((stage) => stage.node === "n3")).toMatchObject({ startLayer: 4, endLayer: 8 });
    expect(new Set(stages.map((stage) => stage.node)).size).toBe(stages.length);
    expect(stages.length).toBeLessThanOrEqual(12);
  });

  test("the order of nodes and links does not matter", () => {
    const problem = aProblem(9, 16);
    const turned = { ...problem, nodes: problem.nodes.toReversed(), links: problem.links.toReversed() };
    expect(JSON.stringify(planCluster(turned))).toBe(JSON.stringify(planCluster(problem)));
  });
});
