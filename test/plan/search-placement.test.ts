import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choosePlacement, objectiveSec } from "../../src/plan/choose-placement.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { usualWork } from "../../src/plan/work-budget.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { aModel, aPlanNode } from "../support/plan-problems.js";
import { problemOn } from "../support/random-clusters.js";
import { randomProblem } from "../support/random-problems.js";

const switched = { alphaSec: 0.0018, bytesPerSec: 1.1e9 };

function equalNodes(count: number, budgetGb: number, facts: Partial<PlanProblem> = {}): PlanProblem {
  const nodes = Array.from({ length: count }, (_, index) =>
    aPlanNode(`n${String(index).padStart(4, "0")}`, { budgetBytes: budgetGb * 1e9 }),
  );
  return problemOn({ nodes, links: [] }, { defaultLink: switched, ...facts });
}

describe("a search that may do little", () => {
  test.each(["latency", "bottleneck"] as const)("%s: never states a gap that is too small", (objective) => {
    let cut = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 300 }), (seed, left) => {
        const problem = randomProblem({ seed, mostNodes: 5, modes: "one-pipeline", facts: { objective } });
        const best = bruteForcePlan(problem);
        const found = choosePlacement(problem, { left });
        if (best === undefined) expect(found).toBeTypeOf("string");
        if (found === "none") expect(best).toBeUndefined();
        if (best === undefined || typeof found === "string") return;
        const least = objective === "bottleneck" ? best.periodSec : best.latencySec;
        const gap = found.optimal === true ? 0 : found.optimal.gap;
        expect(least).toBeGreaterThanOrEqual(objectiveSec(problem, found.evaluation) * (1 - gap) * (1 - 1e-9));
        if (gap > 0) cut += 1;
      }),
      { numRuns: 150, seed: 31 },
    );
    expect(cut).toBeGreaterThan(5);
  });

  test("more nodes than layers are asked for: there is no plan, without any search", () => {
    const problem = equalNodes(8, 40, { model: { ...aModel(), layers: 6 }, minNodes: 8 });
    const work = { left: 1000 };
    expect(choosePlacement(problem, work)).toBe("none");
    expect(work.left).toBe(1000);
  });
});

describe("a thousand equal nodes", () => {
  test("the names of the first ones, and an end in seconds", { timeout: 40_000 }, () => {
    const found = choosePlacement(equalNodes(1000, 20), { left: usualWork(1000) });
    if (typeof found === "string") throw new Error(found);
    expect(found.optimal).toBe(true);
    expect(found.placed.map((stage) => stage.node)).toEqual(["n0000", "n0001", "n0002", "n0003", "n0004"]);
  });
});

test("what is left of the work is never far below nothing", () => {
  const work = { left: 5000 };
  choosePlacement(equalNodes(300, 6, { outputPolicy: "tail", objective: "bottleneck" }), work);
  expect(work.left).toBeGreaterThan(-1000);
});
