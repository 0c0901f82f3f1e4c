import { expect, test } from "vitest";
import { prefillSec, prefillTokensPerSec } from "../../src/plan/prefill.js";
import { aModel, aPlanNode, aPlanProblem } from "../support/plan-problems.js";

const ultra = aPlanNode("ultra", { effBytesPerSec: 400e9, prefillFlopsPerSec: 15.6e12, budgetBytes: 170e9 });
const all = { start: 0, end: 36 };

/** The model column of placement reference 3.6: 2048 tokens on an M2 Ultra, at several depths. */
test.each([
  [0, 1649],
  [4096, 1462],
  [8192, 1313],
  [16_384, 1091],
  [32_768, 815],
])("2048 tokens after %d on an M2 Ultra: %d tokens/s", (depth, expected) => {
  const rate = 2048 / prefillSec(ultra, aModel(), all, 2048, depth + 1024);
  expect(Math.abs(rate / expected - 1)).toBeLessThan(0.01);
});

test("a short chunk is limited by reading the weights", () => {
  expect(prefillSec(ultra, aModel(), all, 16, 8)).toBe((36 * 1_722_889_984) / 400e9);
});

test("long prompts overlap the stages, short ones pass them one after the other", () => {
  const problem = aPlanProblem([ultra, { ...ultra, name: "other" }]);
  const halves = [
    { node: "ultra", layers: { start: 0, end: 18 } },
    { node: "other", layers: { start: 18, end: 36 } },
  ];
  const long = prefillTokensPerSec(problem, halves, 0.003);
  const alone = prefillTokensPerSec(problem, [{ node: "ultra", layers: all }], 0);
  expect(long / alone).toBeCloseTo(4 / 3, 2);
  const short = { ...problem, workload: { ...problem.workload, contextTokens: 2048 } };
  expect(prefillTokensPerSec(short, halves, 0.003)).toBeLessThan(
    prefillTokensPerSec(short, [{ node: "ultra", layers: all }], 0),
  );
});

test("a node known by its bandwidth alone, and a model without parameter counts, still get a figure", () => {
  const { activeParametersPerLayer: _, attentionWidth: _width, ...model } = aModel();
  const { prefillFlopsPerSec: _flops, ...plain } = ultra;
  const rate = prefillTokensPerSec(aPlanProblem([plain], { model }), [{ node: "ultra", layers: all }], 0);
  expect(rate).toBeGreaterThan(300);
  expect(rate).toBeLessThan(1700);
});
