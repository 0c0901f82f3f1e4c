import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { Plan } from "../../src/plan/plan-result.js";
import { readPlanRequest } from "../../src/plan/read-plan-request.js";

interface WorkedExample {
  readonly id: string;
  readonly title: string;
  readonly objective: string;
  readonly outputPolicy: string;
  readonly contextTokens: number;
  readonly concurrency: number;
  readonly batch: number;
  readonly nodes: readonly (readonly [name: string, chip: string, budget: number, beta: number, overhead: number])[];
  readonly links: readonly (readonly [from: string, to: string, alpha: number, rate: number])[];
  readonly expected: {
    readonly latencySec: number;
    readonly periodSec: number;
    readonly plan: readonly (readonly [node: string, layers: number])[];
    readonly optimalPlanCount: number;
    readonly budgetProportional: {
      readonly layers: readonly number[];
      readonly feasible: boolean;
      readonly latencySec: number;
      readonly periodSec: number;
    };
    readonly bestSingle: { readonly node: string; readonly latencySec: number } | null;
  };
}

/** Placement reference, section 5: solved by exhaustive enumeration, the numbers are facts. */
const file = new URL("../fixtures/plan/worked-examples.json", import.meta.url);
const examples = JSON.parse(readFileSync(file, "utf8")) as readonly WorkedExample[];

const requestOf = (example: WorkedExample, numbers: "given" | "from the chip table") => ({
  model: "gpt-oss-120b",
  quantization: "MXFP4-Q8",
  objective: example.objective,
  outputPolicy: example.outputPolicy,
  workload: { contextTokens: example.contextTokens, concurrency: example.concurrency, batch: example.batch },
  nodes: example.nodes.map(([name, chip, budgetBytes, effBytesPerSec, overheadSecPerLayer]) =>
    numbers === "given" ? { name, chip, budgetBytes, effBytesPerSec, overheadSecPerLayer } : { name, chip },
  ),
  links: example.links.flatMap(([one, other, alphaSec, bytesPerSec]) => [
    { from: one, to: other, alphaSec, bytesPerSec },
    { from: other, to: one, alphaSec, bytesPerSec },
  ]),
});

function problemOf(example: WorkedExample, numbers: "given" | "from the chip table" = "given") {
  const read = readPlanRequest(requestOf(example, numbers));
  if (read.kind === "invalid") throw new Error(JSON.stringify(read.issues));
  return read.problem;
}

function planOf(example: WorkedExample, numbers: "given" | "from the chip table" = "given"): Plan {
  const result = planCluster(problemOf(example, numbers));
  if (result.kind !== "plan") throw new Error(JSON.stringify(result.shortfalls));
  return result;
}

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

function placed(layers: readonly (readonly [node: string, count: number])[]) {
  let start = 0;
  return layers.map(([node, count]) => {
    start += count;
    return { node, layers: { start: start - count, end: start } };
  });
}

describe.each(examples)("$id: $title", (example) => {
  test("the plan is optimal to 1e-9", () => {
    const plan = planOf(example);
    expect(plan.optimal).toBe(true);
    expect(relative(plan.predicted.latencySec, example.expected.latencySec)).toBeLessThan(1e-9);
    expect(relative(plan.predicted.periodSec, example.expected.periodSec)).toBeLessThan(1e-9);
    if (example.expected.optimalPlanCount === 1) {
      const stages = plan.replicas[0]?.stages.map((stage) => [stage.node, stage.endLayer - stage.startLayer]);
      expect(stages).toEqual(example.expected.plan);
    }
  });

  test("the plan the reference found is as good", () => {
    const found = evaluatePlacement(problemOf(example), placed(example.expected.plan));
    expect(found.fits).toBe(true);
    expect(relative(found.latencySec, example.expected.latencySec)).toBeLessThan(1e-9);
    expect(relative(found.periodSec, example.expected.periodSec)).toBeLessThan(1e-9);
  });

  test("a split in proportion to budgets costs what the reference says", () => {
    const { layers, feasible, latencySec, periodSec } = example.expected.budgetProportional;
    const split = example.nodes.map(([name], index) => [name, layers[index] ?? 0] as const);
    const found = evaluatePlacement(problemOf(example), placed(split));
    expect(found.fits).toBe(feasible);
    expect(relative(found.latencySec, latencySec)).toBeLessThan(1e-9);
    expect(relative(found.periodSec, periodSec)).toBeLessThan(1e-9);
  });

  test("the best single node is the one the reference names", () => {
    const { bestSingle } = example.expected;
    const { bestSingleNode } = planOf(example);
    expect(bestSingleNode?.node).toBe(bestSingle?.node);
    if (bestSingle !== null) {
      expect(relative(bestSingleNode?.latencySec ?? 0, bestSingle.latencySec)).toBeLessThan(1e-9);
    }
  });

  test("short chip names alone give the same numbers", () => {
    expect(planOf(example, "from the chip table").replicas).toEqual(planOf(example).replicas);
  });
});
