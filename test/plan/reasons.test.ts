import { describe, expect, test } from "vitest";
import { calibrateProblem } from "../../src/plan/calibrate.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { readPlanRequest } from "../../src/plan/read-plan-request.js";
import { aModel, aPlanNode, aPlanProblem, bothWays } from "../support/plan-problems.js";
import { seededRandom } from "../support/random-clusters.js";

const reasonsOf = (problem: PlanProblem) => planCluster(problem).reasons;
const reasonOf = (problem: PlanProblem, code: string) => reasonsOf(problem).find((reason) => reason.code === code);

describe("the workspace of prefill", () => {
  test("is covered by the reserve, which is said with its size", () => {
    const problem = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9 })]);
    expect(reasonOf(problem, "prefill_workspace")).toMatchObject({ node: "a", bytes: 18 * 4095 * 2048 });
    const split = reasonOf(aPlanProblem([aPlanNode("a"), aPlanNode("b")]), "prefill_workspace");
    expect(split).toMatchObject({ node: "b", bytes: 14 * 2047 * 2048 });
  });

  test("is missing where the reserve is smaller", () => {
    const problem = aPlanProblem([aPlanNode("a", { budgetBytes: 115e9, reserveBytes: 100e6 })]);
    const short = reasonOf(problem, "prefill_workspace_short");
    expect(short).toMatchObject({ node: "a", bytes: 18 * 4095 * 2048 - 100e6 });
    expect(reasonOf(problem, "prefill_workspace")).toBeUndefined();
  });

  test("is none where every layer sees everything", () => {
    const model = { ...aModel(), fullAttentionLayers: Array.from({ length: 36 }, (_, layer) => layer) };
    expect(reasonOf(aPlanProblem([aPlanNode("a", { budgetBytes: 115e9 })], { model }), "prefill_workspace")).toBe(
      undefined,
    );
  });
});

describe("how sure", () => {
  test("the source of every speed is named", () => {
    const nodes = [
      aPlanNode("d", { speedFrom: "guessed", calibrated: false }),
      aPlanNode("b", { speedFrom: "chip" }),
      aPlanNode("c"),
    ];
    const { message } = reasonOf(aPlanProblem(nodes, { minNodes: 3 }), "uncalibrated") ?? {};
    expect(message).toContain("good to about 25 %: speed or overhead of d is a guess");
    expect(message).toContain(
      "the figures given (c) and published figures of the chip (b) and a guess from its chip (d)",
    );
  });

  test("a tensor pair is uncertain, whatever its chips", () => {
    const links = bothWays("a", "b", 0.0006, 6e9).map((link) => ({ ...link, kind: "rdma" }));
    const result = planCluster(aPlanProblem([aPlanNode("a"), aPlanNode("b")], { links, sharding: "tensor" }));
    expect(result.kind === "plan" && result.predicted.errorBand).toBe(0.25);
    const codes = result.reasons.map(({ code }) => code);
    expect(codes).toContain("tensor_uncalibrated");
    expect(codes).not.toContain("calibrated");
  });
});

describe("what binds and who stays out", () => {
  test("a thin link is named with what it carries", () => {
    const links = bothWays("a", "b", 0.001, 1e5);
    const problem = aPlanProblem([aPlanNode("a"), aPlanNode("b")], { links, objective: "bottleneck" });
    expect(reasonOf(problem, "bound_by_link")?.message).toContain("takes 57.60 ms to carry");
  });

  test("more nodes than layers", () => {
    const model = { ...aModel(), layers: 1 };
    const problem = aPlanProblem([aPlanNode("a"), aPlanNode("b")], { model });
    expect(reasonOf(problem, "left_out")?.message).toBe("b is left out: every node needs a layer, and there are 1.");
    const two = planCluster({ ...problem, minNodes: 2 });
    expect(two.shortfalls[0]?.message).toContain("a model of 1 layer can use 1");
  });

  test("a layer more that changes nothing costs nothing", () => {
    const nodes = [aPlanNode("a", { budgetBytes: 40e9 }), aPlanNode("b")];
    const costs = reasonsOf(aPlanProblem(nodes)).filter(({ code }) => code === "one_more_layer");
    expect(costs.map(({ message }) => message)).toContain("One more layer on a would cost nothing.");
  });
});

test("shuffled nodes and links give the same bytes, measured and guessed ones included", () => {
  const names = ["a", "b", "c", "d", "e"];
  const nodes = names.map((name, index) =>
    aPlanNode(name, { budgetBytes: 25e9, calibrated: index > 2, effBytesPerSec: 180e9 + index * 7e9 }),
  );
  const links = names.flatMap((one, index) =>
    names.slice(index + 1).flatMap((other, gap) => bothWays(one, other, 0.001 + gap * 1.3e-4, 1.1e9)),
  );
  const placed = names
    .slice(0, 3)
    .map((node, index) => ({ node, layers: { start: index * 12, end: index * 12 + 12 } }));
  const measurements = [4096, 65_536].map((contextTokens) => ({
    placed,
    contextTokens,
    batch: 1,
    stepSec: 0.03 + contextTokens / 1e7,
  }));
  const random = seededRandom(5);
  const shuffled = <T>(items: readonly T[]): readonly T[] =>
    items
      .map((item) => ({ item, key: random() }))
      .toSorted((x, y) => x.key - y.key)
      .map(({ item }) => item);
  const answers = Array.from({ length: 20 }, () => {
    const problem = aPlanProblem(shuffled(nodes), { links: shuffled(links), minNodes: 4 });
    return [problem, calibrateProblem(problem, measurements)].map((one) => JSON.stringify(planCluster(one)));
  });
  expect(new Set(answers.map((both) => both.join("\n"))).size).toBe(1);
  expect(answers[0]?.[0]).toContain("speed or overhead of b and c is a guess");
  expect(answers[0]?.[1]).toContain("Measured step times were used");
});

test("every answer has every field of the contract", () => {
  const fields = [
    ...["kind", "model", "objective", "replicas", "predicted", "optimal", "bestSingleNode"],
    ...["exoDefault", "reasons", "shortfalls"],
  ];
  const request = (minNodes: number) => {
    const read = readPlanRequest({
      model: "gpt-oss-20b",
      nodes: [{ name: "a", chip: "m4max64" }],
      minNodes,
      maxNodes: 2,
    });
    if (read.kind === "invalid") throw new Error(JSON.stringify(read.issues));
    return planCluster(read.problem);
  };
  expect(Object.keys(request(1))).toEqual(fields);
  const none = request(2);
  expect(Object.keys(none)).toEqual(fields);
  expect(none).toMatchObject({ kind: "infeasible", replicas: [], predicted: null, optimal: null });
  expect(none.kind === "infeasible" && none.bestSingleNode?.node).toBe("a");
});
