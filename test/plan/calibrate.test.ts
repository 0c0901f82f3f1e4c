import { describe, expect, test } from "vitest";
import { calibrateProblem } from "../../src/plan/calibrate.js";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";

describe("calibration", () => {
  const placed = [{ node: "a", layers: { start: 0, end: 36 } }];
  const stepOf = (problem: PlanProblem, contextTokens: number): number =>
    evaluatePlacement({ ...problem, workload: { ...problem.workload, contextTokens } }, placed).latencySec;

  test("step times at two lengths give back the bandwidth and the overhead that made them", () => {
    const real = aPlanProblem([
      aPlanNode("a", { budgetBytes: 115e9, effBytesPerSec: 300e9, overheadSecPerLayer: 120e-6 }),
    ]);
    const prior = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9, calibrated: false, speedFrom: "guessed" })]);
    const measurements = [4096, 65_536].map((contextTokens) => ({
      placed,
      contextTokens,
      batch: 1,
      stepSec: stepOf(real, contextTokens),
    }));
    const fitted = calibrateProblem(prior, measurements);
    const [node] = fitted.nodes;
    expect(node).toMatchObject({ calibrated: true, speedFrom: "measured" });
    expect(Math.abs((node?.effBytesPerSec ?? 0) / 300e9 - 1)).toBeLessThan(1e-9);
    expect(Math.abs((node?.overheadSecPerLayer ?? 0) / 120e-6 - 1)).toBeLessThan(1e-9);
    const plan = planCluster(fitted);
    expect(plan.reasons.map((reason) => reason.code)).toContain("measured");
    expect(plan.kind === "plan" && plan.predicted.errorBand).toBe(0.1);
  });

  test("one length corrects the bandwidth alone", () => {
    const real = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9, effBytesPerSec: 300e9 })]);
    const prior = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9 })]);
    const [node] = calibrateProblem(prior, [
      { placed, contextTokens: 8192, batch: 1, stepSec: stepOf(real, 8192) },
    ]).nodes;
    expect(Math.abs((node?.effBytesPerSec ?? 0) / 300e9 - 1)).toBeLessThan(1e-9);
    expect(node?.overheadSecPerLayer).toBe(80e-6);
  });

  test("times that no machine has are not used, and that is said", () => {
    const prior = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9 })]);
    const wrong = [4096, 65_536].map((contextTokens, index) => ({
      placed,
      contextTokens,
      batch: 1,
      stepSec: 0.02 - index * 0.01,
    }));
    const fitted = calibrateProblem(prior, wrong);
    expect(fitted.nodes).toEqual(prior.nodes);
    expect(planCluster(fitted).reasons.map((reason) => reason.code)).toContain("measurement_unusable");
  });

  describe("of a ring", () => {
    const ring = [
      { node: "a", layers: { start: 0, end: 20 } },
      { node: "b", layers: { start: 20, end: 36 } },
    ];
    const linkless = (nodes: PlanProblem["nodes"], alphaSec: number) =>
      aPlanProblem(nodes, { links: [], defaultLink: { alphaSec, bytesPerSec: 1.1e9 } });
    const at = (problem: PlanProblem, contextTokens: number) => ({
      placed: ring,
      contextTokens,
      batch: 1,
      stepSec: evaluatePlacement({ ...problem, workload: { ...problem.workload, contextTokens } }, ring).latencySec,
    });
    const latencyOf = (problem: PlanProblem, placed = ring): number => evaluatePlacement(problem, placed).latencySec;

    test("what was measured is then predicted, over default links too", () => {
      const slowed = (name: string) =>
        aPlanNode(name, { effBytesPerSec: 369e9 / 1.3, overheadSecPerLayer: 80e-6 * 1.5 });
      const real = linkless([slowed("a"), slowed("b")], 0.0018 * 1.5);
      const prior = linkless([aPlanNode("a"), aPlanNode("b")], 0.0018);
      const fitted = calibrateProblem(prior, [at(real, 4096), at(real, 65_536)]);
      expect(Math.abs(latencyOf(fitted) / latencyOf(real) - 1)).toBeLessThan(1e-12);
      expect(planCluster(fitted).reasons.find(({ code }) => code === "measured")?.message).toContain("a to b 2.70 ms");
    });

    test("of nodes that were measured alone tells of the hops, in both directions", () => {
      const measured = { speedFrom: "measured" as const };
      const nodes = [aPlanNode("a", measured), aPlanNode("b", measured)];
      const fitted = calibrateProblem(linkless(nodes, 0.0018), [at(linkless(nodes, 0.0009), 8192)]);
      expect(fitted.links.map(({ alphaSec }) => alphaSec.toFixed(9))).toEqual(["0.000900000", "0.000900000"]);
      const again = calibrateProblem(fitted, [at(linkless(nodes, 0.005), 8192)]);
      expect(again.links).toEqual(fitted.links);
      expect(again.notes?.map(({ code }) => code)).toEqual(["measurement_unneeded"]);
    });

    test("leaves the way around the other way no cheaper", () => {
      const names = ["a", "b", "c"];
      const placed = names.map((node, index) => ({ node, layers: { start: index * 12, end: index * 12 + 12 } }));
      const problem = aPlanProblem(names.map((name) => aPlanNode(name, { speedFrom: "measured" })));
      const stepSec = latencyOf(problem, placed) + 0.002;
      const fitted = calibrateProblem(problem, [{ placed, contextTokens: 8192, batch: 1, stepSec }]);
      const back = ["a", "c", "b"].map((node, index) => ({
        node,
        layers: placed[index]?.layers ?? { start: 0, end: 0 },
      }));
      expect(latencyOf(fitted, placed)).toBeCloseTo(stepSec, 12);
      expect(latencyOf(fitted, back)).toBeCloseTo(stepSec, 12);
    });
  });
});
