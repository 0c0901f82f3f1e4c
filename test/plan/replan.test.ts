import { describe, expect, test } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { judgeMove } from "../../src/plan/replan.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";

const at = (node: string, start: number, end: number) => ({ node, layers: { start, end } });

describe("moving from what runs", () => {
  test("a small gain keeps it, a large one moves it, with the layers that travel", () => {
    const problem = aPlanProblem([
      aPlanNode("a"),
      aPlanNode("b", { effBytesPerSec: 360e9 }),
      aPlanNode("slow", { effBytesPerSec: 100e9 }),
    ]);
    const planned = [at("a", 0, 29), at("b", 29, 36)];
    expect(judgeMove(problem, [at("a", 0, 20), at("b", 20, 36)], planned).verdict).toBe("keep");
    const move = judgeMove(problem, [at("a", 0, 18), at("slow", 18, 36)], planned);
    expect(move).toMatchObject({ verdict: "move", bytesToLoad: 18 * 1_722_889_984 + 1_230_664_320 });
    expect(move.moves.map(({ node, layers }) => [node, layers.length])).toEqual([
      ["a", 11],
      ["b", 7],
    ]);
    expect(move.gain).toBeGreaterThan(0.1);
  });

  test("what lost a node must move however small the gain; a cordon takes nothing away from a node", () => {
    const problem = aPlanProblem([aPlanNode("a", { cordoned: true }), aPlanNode("b"), aPlanNode("c")]);
    const planned = [at("b", 0, 18), at("c", 18, 36)];
    expect(judgeMove(problem, [at("a", 0, 18), at("b", 18, 36)], planned).verdict).toBe("keep");
    expect(judgeMove(problem, [at("gone", 0, 18), at("b", 18, 36)], planned)).toMatchObject({
      verdict: "must-move",
      runningSec: null,
    });
  });
});

describe("the verdict", () => {
  test("moves for more than a tenth of the running time and for no less", () => {
    const nodes = (beta: number) => [
      aPlanNode("fast", { budgetBytes: 115e9 }),
      aPlanNode("slow", { budgetBytes: 115e9, effBytesPerSec: beta }),
    ];
    const judged = [325e9, 322e9, 320e9, 315e9, 310e9].map((beta) =>
      judgeMove(aPlanProblem(nodes(beta)), [at("slow", 0, 36)], [at("fast", 0, 36)]),
    );
    expect(new Set(judged.map(({ verdict }) => verdict))).toEqual(new Set(["keep", "move"]));
    for (const { verdict, gain } of judged) expect(verdict).toBe(gain > 0.1 ? "move" : "keep");
  });

  test("embedding and head are loaded by newcomers, and under tail by new ends", () => {
    const nodes = [aPlanNode("a"), aPlanNode("b"), aPlanNode("c")];
    const running = [at("a", 0, 18), at("b", 18, 36)];
    const layer = 1_722_889_984;
    const load = (outputPolicy: PlanProblem["outputPolicy"], planned: typeof running) =>
      judgeMove(aPlanProblem(nodes, { outputPolicy }), running, planned).bytesToLoad;
    expect(load("replicated", [at("a", 0, 20), at("b", 20, 36)])).toBe(2 * layer);
    expect(load("replicated", [at("a", 0, 18), at("c", 18, 36)])).toBe(18 * layer + 1_230_664_320);
    expect(load("tail", [at("a", 0, 18), at("c", 18, 36)])).toBe(18 * layer + 615_335_040);
    expect(load("tail", [at("b", 0, 18), at("a", 18, 36)])).toBe(36 * layer + 615_329_280 + 615_335_040);
  });

  test("a wish that what runs does not meet is named", () => {
    const problem = aPlanProblem([aPlanNode("a"), aPlanNode("b")], {
      maxNodes: 1,
      pins: [{ node: "b", layers: { start: 0, end: 4 } }],
    });
    const { verdict, reasons } = judgeMove(problem, [at("a", 0, 18), at("b", 18, 36)], [at("a", 0, 36)]);
    expect(verdict).toBe("must-move");
    expect(reasons.map(({ code }) => code)).toEqual(["running_size", "running_pin", "must_move"]);
  });

  test("where there is no plan or no single pipeline, that is said", () => {
    const running = [at("a", 0, 18), at("b", 18, 36)];
    const nodes = [aPlanNode("a", { budgetBytes: 115e9 }), aPlanNode("b", { budgetBytes: 115e9 })];
    const copies = planCluster(aPlanProblem(nodes, { objective: "throughput", replicas: "auto", running }));
    expect(copies.reasons.map(({ code }) => code)).toContain("move_not_judged");
    const none = planCluster(aPlanProblem(nodes, { links: [], minNodes: 2, running }));
    expect(none.reasons.map(({ code }) => code)).toEqual(["running_no_link", "running_no_link"]);
    const cordoned = nodes.map((node) => ({ ...node, cordoned: true }));
    expect(planCluster(aPlanProblem(cordoned, { running })).reasons.map(({ code }) => code)).toEqual(["running_fits"]);
  });
});
