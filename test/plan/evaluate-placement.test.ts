import { describe, expect, test } from "vitest";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { aPlanNode, aPlanProblem, bothWays } from "../support/plan-problems.js";

const nodes = [aPlanNode("a"), aPlanNode("b", { effBytesPerSec: 180e9 })];
const stage = (node: string, start: number, end: number) => ({ node, layers: { start, end } });
const layer = (beta: number, kvBytes: number): number => 80e-6 + (81_566_464 + kvBytes) / beta;
const blockSec = (beta: number, layers: number): number =>
  (layers / 2) * (layer(beta, 2048 * 128) + layer(beta, 2048 * 8192));

describe("the formulas of the reference", () => {
  test("a pipeline of two: head of the first, blocks, hop and way home", () => {
    const found = evaluatePlacement(aPlanProblem(nodes), [stage("a", 0, 20), stage("b", 20, 36)]);
    const hop = 0.0015 + 5760 / 2.5e9;
    expect(found.hopsSec).toBeCloseTo(2 * hop, 12);
    expect(found.latencySec).toBeCloseTo(615_329_280 / 369e9 + blockSec(369e9, 20) + blockSec(180e9, 16) + 2 * hop, 12);
    expect(found.periodSec).toBeCloseTo(blockSec(180e9, 16) + 615_329_280 / 180e9, 12);
  });

  test("tail: head of the last, a token on the way home, and the matrices apart", () => {
    const problem = aPlanProblem(nodes, { outputPolicy: "tail" });
    const found = evaluatePlacement(problem, [stage("a", 0, 20), stage("b", 20, 36)]);
    const hops = 0.003 + (5760 + 4) / 2.5e9;
    expect(found.latencySec).toBeCloseTo(615_329_280 / 180e9 + blockSec(369e9, 20) + blockSec(180e9, 16) + hops, 12);
    expect(found.stages.map((one) => one.fixedBytes)).toEqual([615_329_280, 615_335_040]);
    expect(found.stageSec[0]).toBeCloseTo(blockSec(369e9, 20), 12);
  });

  test("a batch reads more experts and sends more", () => {
    const problem = aPlanProblem(nodes, { workload: { contextTokens: 8192, concurrency: 4, batch: 4 } });
    const one = evaluatePlacement(aPlanProblem(nodes), [stage("a", 0, 20), stage("b", 20, 36)]);
    const four = evaluatePlacement(problem, [stage("a", 0, 20), stage("b", 20, 36)]);
    expect(four.latencySec / one.latencySec).toBeGreaterThan(1.5);
    expect(four.latencySec / one.latencySec).toBeLessThan(4);
    expect(four.stages[0]?.kvBytes).toBe(4 * (one.stages[0]?.kvBytes ?? 0));
  });
});

describe("placements that can't run", () => {
  test("too little memory, by how much and where", () => {
    const found = evaluatePlacement(aPlanProblem(nodes), [stage("a", 0, 34), stage("b", 34, 36)]);
    expect(found.fits).toBe(false);
    const needed = 34 * 1_722_889_984 + 17 * (2048 * 8192 + 262_144) + 1_230_664_320 + 3 * 2 ** 30;
    expect(found.shortfalls).toEqual([
      expect.objectContaining({ code: "memory", node: "a", bytes: needed - 55_662_776_156 }),
    ]);
    expect(found.latencySec).toBeLessThan(1);
  });

  test("no way back", () => {
    const problem = aPlanProblem(nodes, { links: bothWays("a", "b").slice(0, 1) });
    const found = evaluatePlacement(problem, [stage("a", 0, 20), stage("b", 20, 36)]);
    expect(found.latencySec).toBe(Number.POSITIVE_INFINITY);
    expect(found.shortfalls).toEqual([expect.objectContaining({ code: "no_link", node: "b" })]);
  });

  test("a node that is gone, a gap, a node used twice, nothing at all", () => {
    const codes = (...stages: readonly ReturnType<typeof stage>[]) =>
      evaluatePlacement(aPlanProblem(nodes), stages).shortfalls.map((shortfall) => shortfall.code);
    expect(codes(stage("a", 0, 20), stage("gone", 20, 36))).toContain("unknown_node");
    expect(codes(stage("a", 0, 20), stage("b", 21, 36))).toContain("layers_not_covered");
    expect(codes(stage("a", 0, 20), stage("b", 20, 99))).toContain("layers_not_covered");
    expect(codes(stage("a", 0, 10), stage("b", 10, 20), stage("a", 20, 36))).toContain("node_used_twice");
    expect(codes()).toEqual(["layers_not_covered"]);
  });
});
