import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findBlockEnds } from "../../src/plan/block-ends.js";
import { prepareTables } from "../../src/plan/cost-tables.js";
import { couldCover } from "../../src/plan/coverage.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { latencySpace } from "../../src/plan/search-space.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";

function covers(problem: PlanProblem): boolean {
  const tables = prepareTables(problem, "usable");
  return couldCover(latencySpace(problem, tables, findBlockEnds(problem, tables)), problem.maxNodes);
}

describe("whether blocks could cover all layers", () => {
  test("where everybody is linked, up to 16 nodes, exactly when there is a placement", () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = seededRandom(seed);
        const nodes = 1 + Math.floor(random() * 5);
        const cluster = randomCluster(random, { nodes, budgetGb: [12, 40], missingLinks: 0, asymmetricLinks: 0 });
        const problem = problemOn(cluster, {
          workload: { contextTokens: random() < 0.5 ? 4096 : 131_072, concurrency: 3, batch: 1 },
          outputPolicy: random() < 0.5 ? "replicated" : "tail",
          maxNodes: 1 + Math.floor(random() * nodes),
        });
        const expected = bruteForcePlan(problem) !== undefined;
        seen[`${expected}`] += 1;
        expect(covers(problem)).toBe(expected);
      }),
      { numRuns: 150, seed: 3 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(20);
  });

  test("above 16 nodes, a shortage of the layers that need most memory is seen by counting", () => {
    const nodes = Array.from({ length: 17 }, (_, index) => aPlanNode(`n${index}`, { budgetBytes: 11.4e9 }));
    const workload = { contextTokens: 131_072, concurrency: 6, batch: 1 };
    const problem = aPlanProblem(nodes, { workload, defaultLink: { alphaSec: 0.001, bytesPerSec: 1e9 } });
    // Each has room for sliding, full, sliding, but not for two full layers: 51 layers by count, but 17 of the 18 full ones.
    expect(covers(problem)).toBe(false);
    const more = [...nodes, aPlanNode("more", { budgetBytes: 11.4e9 })];
    expect(covers(aPlanProblem(more, { workload, defaultLink: { alphaSec: 0.001, bytesPerSec: 1e9 } }))).toBe(true);
  });
});
