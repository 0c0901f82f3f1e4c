import { describe, expect, test } from "vitest";
import type { PlacedCopy } from "../../src/plan/evaluate-copy.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanLink, PlanProblem } from "../../src/plan/plan-problem.js";
import { settleCopies } from "../../src/plan/settle-copies.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";

/** Every one of these can hold the model alone. */
const large = (name: string, change = {}) => aPlanNode(name, { budgetBytes: 115e9, ...change });
const throughput = (problem: PlanProblem): PlanProblem => ({ ...problem, objective: "throughput", replicas: "auto" });
const on = (...stages: readonly (readonly [node: string, start: number, end: number])[]): PlacedCopy => ({
  sharding: "pipeline",
  placed: stages.map(([node, start, end]) => ({ node, layers: { start, end } })),
});
const alone = (node: string): PlacedCopy => on([node, 0, 36]);
const pair = (one: string, other: string): PlacedCopy => ({ ...on([one, 0, 36], [other, 0, 36]), sharding: "tensor" });

function planned(problem: PlanProblem): readonly PlacedCopy[] {
  return planCluster(problem).replicas.map(({ sharding, stages }) => ({
    sharding,
    placed: stages.map(({ node, startLayer, endLayer }) => ({ node, layers: { start: startLayer, end: endLayer } })),
  }));
}
const settle = (problem: PlanProblem, running: readonly PlacedCopy[], inUse = problem) =>
  settleCopies(problem, inUse, running, planned(problem));
const nodesOf = (copies: readonly PlacedCopy[]) => copies.map(({ placed }) => placed.map(({ node }) => node));

describe("several copies", () => {
  const three = throughput(aPlanProblem([large("a"), large("b"), large("c")]));

  test("nothing runs: as planned", () => {
    const { verdict, copies } = settle(three, []);
    expect([verdict, nodesOf(copies)]).toEqual(["place", [["a"], ["b"], ["c"]]]);
  });

  test("all run: they stay", () => {
    expect(settle(three, [alone("c"), alone("a"), alone("b")]).verdict).toBe("keep");
  });

  test("one is lost: the others stay as they are, and it comes back beside them", () => {
    const { verdict, copies } = settle(three, [alone("a"), alone("c")]);
    expect([verdict, nodesOf(copies)]).toEqual(["extend", [["a"], ["c"], ["b"]]]);
  });

  test("what runs split in other ways stays while the plan is hardly better, and is filled up", () => {
    const small = throughput(aPlanProblem(["a", "b", "c", "d"].map((name) => aPlanNode(name))));
    const plan = planned(small);
    expect(plan).toHaveLength(2);
    const odd = on(["a", 0, 17], ["d", 17, 36]);
    const { verdict, copies } = settle(small, [odd]);
    expect(verdict).toBe("extend");
    expect(copies[0]).toEqual(odd);
    expect(copies[1]?.placed.map(({ node }) => node).toSorted()).toEqual(["b", "c"]);
  });

  test("the plan takes its place when it brings more than a tenth, and not when it brings less", () => {
    const two = throughput(aPlanProblem([large("a"), large("b")]));
    // One pipeline over both nodes is about half as fast as two copies.
    const spread = on(["a", 0, 18], ["b", 18, 36]);
    expect(settle(two, [spread])).toMatchObject({ verdict: "place", copies: planned(two) });
    expect(settleCopies(two, two, [spread], planned(two), 5).verdict).toBe("keep");
  });

  test("a copy that lost a node, does not fit any more, or is too small goes; the others stay", () => {
    const lost = on(["a", 0, 18], ["gone", 18, 36]);
    expect(nodesOf(settle(three, [lost, alone("b")]).copies)).toEqual([["b"], ["a"], ["c"]]);
    const tight = throughput(aPlanProblem([large("a"), large("b", { budgetBytes: 30e9 })]));
    expect(nodesOf(settle(tight, [alone("a"), alone("b")]).copies)).toEqual([["a"]]);
    const pairs = { ...three, minNodes: 2 };
    expect(settle(pairs, [alone("a")]).verdict).toBe("place");
  });

  test("of two that share a node the faster stays", () => {
    const shared = [on(["a", 0, 18], ["b", 18, 36]), alone("a")];
    expect(nodesOf(settle(three, shared).copies)).toEqual([["a"], ["b"], ["c"]]);
  });

  test("what runs may use all of the limit, what comes may not", () => {
    const full = throughput(aPlanProblem([large("a", { budgetBytes: 68e9 }), large("b")]));
    expect(nodesOf(settle(full, [alone("a"), alone("b")]).copies)).toEqual([["a"], ["b"]]);
    expect(nodesOf(settle(full, [alone("b")]).copies)).toEqual([["b"]]);
  });
});

describe("one copy", () => {
  test("of several that run the fastest stays, and none is added", () => {
    const one = aPlanProblem([large("a"), large("b", { effBytesPerSec: 300e9 })]);
    const { verdict, copies } = settle(one, [alone("b"), alone("a")]);
    expect([verdict, nodesOf(copies)]).toEqual(["keep", [["a"]]]);
  });

  test("what runs stays where there is no plan, as long as it fits", () => {
    const nodes = [aPlanNode("a"), aPlanNode("b")];
    const problem = aPlanProblem(nodes.slice(0, 1));
    const inUse = aPlanProblem(nodes);
    const running = [on(["a", 0, 18], ["b", 18, 36])];
    expect(settle(problem, running, inUse)).toEqual({ verdict: "keep", copies: running });
    expect(settle(problem, running)).toEqual({ verdict: "place", copies: [] });
  });
});

describe("tensor pairs", () => {
  const rdma: readonly PlanLink[] = [
    { from: "a", to: "b", kind: "rdma", alphaSec: 0.0006, bytesPerSec: 6e9 },
    { from: "b", to: "a", kind: "rdma", alphaSec: 0.0006, bytesPerSec: 6e9 },
  ];
  const problem: PlanProblem = {
    ...aPlanProblem([aPlanNode("a"), aPlanNode("b")]),
    tensorLinks: rdma,
    sharding: "tensor",
  };

  test("one that runs stays; a pipeline gives way to it, since it is what is asked for", () => {
    expect(settle(problem, [pair("b", "a")])).toEqual({ verdict: "keep", copies: [pair("b", "a")] });
    expect(settle(problem, [on(["a", 0, 18], ["b", 18, 36])])).toEqual({ verdict: "place", copies: [pair("a", "b")] });
  });

  test("one that lost its RDMA or a member can't stay", () => {
    expect(settle({ ...problem, tensorLinks: [] }, [pair("a", "b")])).toEqual({ verdict: "place", copies: [] });
    expect(settle({ ...problem, tensorLinks: rdma.slice(1) }, [pair("a", "b")]).copies).toEqual([]);
    expect(settle(problem, [pair("a", "gone")]).verdict).toBe("place");
  });
});
