import { describe, expect, test } from "vitest";
import { calibrateProblem } from "../../src/plan/calibrate.js";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { readWhatIf } from "../../src/plan/read-what-if.js";
import { judgeMove } from "../../src/plan/replan.js";
import { supposeChanges } from "../../src/plan/suppose-changes.js";
import { answerWhatIf, planWhatIf } from "../../src/plan/what-if.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";

const pair = (): PlanProblem => aPlanProblem([aPlanNode("studio-1"), aPlanNode("studio-2")]);

function suppose(problem: PlanProblem, text: string) {
  const read = readWhatIf(text);
  if (read.issues.length > 0) throw new Error(JSON.stringify(read.issues));
  const changed = supposeChanges(problem, read.suppositions);
  if ("issues" in changed) throw new Error(JSON.stringify(changed.issues));
  return changed;
}

describe("what if", () => {
  test("a node more, a node less, a better cable", () => {
    const text = "add=m3ultra-512,remove=studio-2,link=studio-1:m3ultra-512=rdma";
    const { problem, notes } = suppose(pair(), text);
    expect(problem.nodes.map((node) => node.name)).toEqual(["studio-1", "m3ultra-512"]);
    expect(problem.links.map(({ from, to, kind }) => [from, to, kind])).toEqual([
      ["studio-1", "m3ultra-512", "rdma"],
      ["m3ultra-512", "studio-1", "rdma"],
    ]);
    const result = planWhatIf(pair(), problem, notes);
    expect(result.after.kind === "plan" && result.after.replicas[0]?.stages.map((stage) => stage.node)).toEqual([
      "m3ultra-512",
    ]);
    expect(result.gain).toBeGreaterThan(0);
    expect(result.notes.map((note) => note.code)).toEqual(["assumed_links"]);
  });

  test("a link that is cut is no link, whatever the default", () => {
    const problem = { ...pair(), links: [], defaultLink: { alphaSec: 0.001, bytesPerSec: 1e9 } };
    expect(planCluster(problem).kind).toBe("plan");
    const { problem: cut } = suppose(problem, "link=studio-1:studio-2=none");
    expect(planCluster(cut).kind).toBe("infeasible");
  });

  test("where pipelines go over TCP, a cable with RDMA is for tensor pairs, and Thunderbolt for pipelines", () => {
    const live: PlanProblem = { ...pair(), tensorLinks: [] };
    const { problem } = suppose(live, "link=studio-1:studio-2=rdma");
    expect(problem.links.map(({ kind }) => kind)).toEqual(["thunderbolt", "thunderbolt"]);
    expect(problem.tensorLinks?.map(({ from, to, kind }) => [from, to, kind])).toEqual([
      ["studio-1", "studio-2", "rdma"],
      ["studio-2", "studio-1", "rdma"],
    ]);
    expect(suppose(problem, "link=studio-1:studio-2=thunderbolt").problem.tensorLinks).toEqual([]);
    expect(suppose(problem, "remove=studio-2").problem.tensorLinks).toEqual([]);
    const auto = planWhatIf({ ...live, sharding: "auto" }, { ...problem, sharding: "auto" }, []);
    expect(auto.after.kind === "plan" && auto.after.replicas[0]?.sharding).toBe("tensor");
  });

  test("every mistake is named", () => {
    const read = readWhatIf("add=fridge,remove=,link=a:a=rdma,link=a:b=string,paint=red");
    expect(read.issues.map((issue) => issue.problem)).toEqual([
      '"fridge" is no chip with its memory, such as m3ultra-512',
      '"remove=": expected add=CHIP, remove=NODE or link=NODE:NODE=KIND',
      'links "a" to itself',
      expect.stringContaining('"string" is no kind of link'),
      '"paint" is unknown; expected add, remove or link',
    ]);
    const changed = supposeChanges(pair(), [{ kind: "remove", node: "ghost" }]);
    expect("issues" in changed && changed.issues[0]?.problem).toBe(
      'there is no node "ghost" that can take layers; there are studio-1, studio-2',
    );
    expect(() => answerWhatIf(pair(), "paint=red,remove=ghost")).toThrowError(
      expect.objectContaining({ kind: "usage", message: expect.stringMatching(/"paint" is unknown.*\n.*"ghost"/) }),
    );
  });

  test("a newcomer is equipped as it is told", () => {
    const supposed = supposeChanges(pair(), readWhatIf("add=m4max-128").suppositions, {
      reserveBytes: 7,
      limitShare: 0.5,
    });
    const full = suppose(pair(), "add=m4max-128").problem.nodes[2]?.budgetBytes ?? 0;
    expect("problem" in supposed && supposed.problem.nodes[2]).toMatchObject({
      reserveBytes: 7,
      budgetBytes: full / 2,
    });
  });
});

describe("moving from what runs", () => {
  const at = (node: string, start: number, end: number) => ({ node, layers: { start, end } });

  test("a small gain keeps it, a large one moves it, with the layers that travel", () => {
    const problem = aPlanProblem([
      aPlanNode("a"),
      aPlanNode("b", { effBytesPerSec: 360e9 }),
      aPlanNode("slow", { effBytesPerSec: 100e9 }),
    ]);
    const planned = [at("a", 0, 29), at("b", 29, 36)];
    expect(judgeMove(problem, [at("a", 0, 20), at("b", 20, 36)], planned).verdict).toBe("keep");
    const move = judgeMove(problem, [at("a", 0, 18), at("slow", 18, 36)], planned);
    expect(move).toMatchObject({ verdict: "move", bytesToLoad: 18 * 1_722_889_984 });
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
});
