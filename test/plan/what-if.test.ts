import { describe, expect, test } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { readWhatIf } from "../../src/plan/read-what-if.js";
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
    const halved = { ...pair(), limitShare: 0.5 };
    const supposed = supposeChanges(halved, readWhatIf("add=m4max-128").suppositions, { reserveBytes: 7 });
    const full = suppose(pair(), "add=m4max-128").problem.nodes[2]?.budgetBytes ?? 0;
    expect("problem" in supposed && supposed.problem.nodes[2]).toMatchObject({
      reserveBytes: 7,
      budgetBytes: full / 2,
    });
  });
});

describe("changes that can't be meant together", () => {
  test("a node removed twice, and a link to a removed node", () => {
    const remove = { kind: "remove", node: "studio-1" } as const;
    const link = { kind: "link", one: "studio-1", other: "studio-2", linkKind: "rdma" } as const;
    const changed = supposeChanges(pair(), [remove, link, remove]);
    expect("issues" in changed && changed.issues.map((issue) => issue.problem)).toEqual([
      '"studio-1" is removed twice',
      '"studio-1" is given a link and removed',
    ]);
  });

  test("RDMA to a Mac without Thunderbolt 5 is planned and doubted", () => {
    const problem = aPlanProblem([
      aPlanNode("studio-1", { chip: "Apple M2 Max" }),
      aPlanNode("studio-2", { chip: "m4max64" }),
    ]);
    const { problem: changed } = suppose(problem, "link=studio-1:studio-2=rdma");
    const doubts = planCluster(changed).reasons.filter(({ code }) => code === "rdma_impossible");
    expect(doubts.map(({ message }) => message)).toEqual([expect.stringContaining("which studio-1 does not have")]);
    expect(planCluster(problem).reasons.map(({ code }) => code)).not.toContain("rdma_impossible");
  });
});
