import fc from "fast-check";
import { expect, test } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { aModel } from "../support/plan-problems.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";

/** From no full-attention layer over any pattern to all of them. */
function randomPattern(random: () => number, layers: number): readonly number[] {
  const share = [0, 0.1, 0.5, 0.9, 1][Math.floor(random() * 5)] ?? 0.5;
  return Array.from({ length: layers }, (_, layer) => layer).filter(() => random() < share);
}

test("any pattern of full-attention layers, any number of layers: as good as brute force", () => {
  let plans = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
      const random = seededRandom(seed);
      const layers = 1 + Math.floor(random() * 20);
      const cluster = randomCluster(random, {
        nodes: 1 + Math.floor(random() * 4),
        budgetGb: random() < 0.5 ? [8, 30] : [25, 60],
        missingLinks: random() < 0.5 ? 0 : 0.2,
        asymmetricLinks: 0.5,
      });
      const problem: PlanProblem = {
        ...problemOn(cluster, { workload: { contextTokens: 131_072, concurrency: 4, batch: 2 } }),
        model: { ...aModel(), name: "inline", layers, fullAttentionLayers: randomPattern(random, layers) },
        objective: random() < 0.5 ? "latency" : "bottleneck",
        outputPolicy: random() < 0.5 ? "replicated" : "tail",
      };
      const found = planCluster(problem);
      const best = bruteForcePlan(problem);
      expect(found.kind).toBe(best === undefined ? "infeasible" : "plan");
      if (found.kind !== "plan" || best === undefined) return;
      plans += 1;
      const key = problem.objective === "latency" ? "latencySec" : "periodSec";
      expect(Math.abs(found.predicted[key] / best[key] - 1)).toBeLessThan(1e-9);
      expect(found.optimal).toBe(true);
    }),
    { numRuns: 400, seed: 9 },
  );
  expect(plans).toBeGreaterThan(150);
});
