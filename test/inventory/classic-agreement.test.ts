import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ClassicTopology } from "../../src/cluster/classic-topology.js";
import { type ClassicAgreement, judgeClassicRing } from "../../src/inventory/classic-agreement.js";
import type { ClassicNodeView } from "../../src/inventory/classic-node-view.js";
import { aTopology, type RecordedComputation, recording } from "../support/classic-recordings.js";

const problemsOf = (judged: ClassicAgreement) =>
  judged.kind === "agreed"
    ? "agreed"
    : judged.problems.map(({ code, node }) => (node === undefined ? code : `${code} ${node}`));

/** Views as the recorded computations of the nodes had them. */
const viewsOf = (computations: readonly RecordedComputation[]): readonly ClassicNodeView[] =>
  computations.map(({ node, memory }) => ({ node, topology: aTopology(node, memory) }));

/** Every node's own view of a full mesh. */
const aRing = (memoryMb: Readonly<Record<string, number>>): readonly ClassicNodeView[] =>
  Object.keys(memoryMb).map((node) => ({ node, topology: aTopology(node, memoryMb) }));

/** What each node took for itself must be what exo's own functions said, both ends included. */
function expectOwnShards(judged: ClassicAgreement, computations: readonly RecordedComputation[]): void {
  if (judged.kind === "agreed") throw new Error("only rings in doubt show what each node computed");
  for (const recorded of computations) {
    const computed = judged.computed.find(({ node }) => node === recorded.node);
    const nonEmpty = computed?.ring.filter(({ layers }) => layers.end > layers.start) ?? [];
    expect(nonEmpty.map(({ layers }) => [layers.start, layers.end - 1])).toEqual(recorded.shards);
    const own =
      computed?.own === undefined ? "IndexError: list index out of range" : [computed.own.start, computed.own.end - 1];
    const said = recorded.own_shard;
    expect(own).toEqual(typeof said === "string" ? said : [said.start_layer, said.end_layer]);
  }
}

describe("recorded rings", () => {
  test("three real nodes agree on what they measured, whatever their discovery files say", () => {
    const { steady_state_per_node, config_mb, measured_mb } = recording("partitions/manual-config-vs-measured");
    const computations: RecordedComputation[] = Object.values(steady_state_per_node);
    const views = viewsOf(computations).map((view) => ({
      ...view,
      configuredMb: config_mb[view.node],
      expectedMb: measured_mb[view.node],
    }));
    const judged = judgeClassicRing(views, 36);
    expect(judged.kind === "agreed" && [...judged.memoryMb]).toEqual(Object.entries(measured_mb));
    const ranges =
      judged.kind === "agreed" ? judged.ring.map(({ node, layers }) => [node, layers.start, layers.end]) : [];
    expect(ranges).toEqual([
      ["studio-a", 0, 18],
      ["studio-b", 18, 29],
      ["studio-c", 29, 36],
    ]);
  });

  test("a dead node that its peers still list at its configured value", () => {
    const recorded = recording("partitions/manual-config-vs-measured");
    const last: RecordedComputation[] = Object.values(recorded.last_view_before_studio_c_was_dropped_after_its_exit);
    const gone = { node: "studio-c", configuredMb: 3, expectedMb: 65_536 };
    const judged = judgeClassicRing([...viewsOf(last), gone], 36);
    expect(problemsOf(judged)).toEqual([
      "no_answer studio-c",
      "configured_memory studio-c",
      "configured_memory studio-c",
    ]);
    expectOwnShards(judged, last);
  });

  test("a frozen node: at its configured value first, then dropped by one peer after the other", () => {
    const { per_node, config_mb, measured_mb } = recording("partitions/frozen-peer-falls-back-to-config-value");
    const at = (node: string, step: number): RecordedComputation => per_node[node][step];
    const judge = (...steps: readonly RecordedComputation[]) => {
      const views: ClassicNodeView[] = [...viewsOf(steps), ...(steps.length === 3 ? [] : [{ node: "b" }])];
      const known = views.map((view) => ({
        ...view,
        configuredMb: config_mb[view.node],
        expectedMb: measured_mb[view.node],
      }));
      const judged = judgeClassicRing(known, 36);
      if (judged.kind === "not-agreed") expectOwnShards(judged, steps);
      return problemsOf(judged);
    };
    expect(judge(at("a", 1), at("b", 1), at("c", 1))).toBe("agreed");
    expect(judge(at("a", 2), at("c", 2))).toEqual(["no_answer b", "configured_memory b", "configured_memory b"]);
    expect(judge(at("a", 3), at("c", 2))).toEqual(["no_answer b", "configured_memory b"]);
    expect(judge(at("a", 3), at("c", 3))).toEqual(["no_answer b"]);
    // Once the controller counts it out, the survivors are a ring of their own.
    expect(judgeClassicRing(viewsOf([at("a", 3), at("c", 3)]), 36).kind).toBe("agreed");
    expect(problemsOf(judgeClassicRing(viewsOf([at("a", 3), at("c", 2)]), 36))).toContain("stranger b");
  });

  test("a node that waits for peers is taken at its configured value by those who know it", () => {
    const { per_node, config_mb } = recording("partitions/config-value-while-peer-still-waits");
    const [, early]: RecordedComputation[] = per_node.a;
    const waiting: ClassicTopology = { nodes: new Map(), edges: [] };
    const views = [...viewsOf([early as RecordedComputation]), { node: "b", topology: waiting }];
    const known = views.map((view) => ({ ...view, configuredMb: config_mb[view.node], expectedMb: 131_072 }));
    const judged = judgeClassicRing(known, 36);
    expect(problemsOf(judged)).toEqual(["still_starting b", "other_memory a", "configured_memory b"]);
    expectOwnShards(judged, [early as RecordedComputation]);
    const middle: RecordedComputation[] = [per_node.a[2], per_node.b[0], per_node.c[1]];
    const mixed = viewsOf(middle).map((view) => ({ ...view, configuredMb: config_mb[view.node] }));
    expect(problemsOf(judgeClassicRing(mixed, 36))).toEqual(["configured_memory b"]);
    expectOwnShards(judgeClassicRing(mixed, 36), middle);
    expect(judgeClassicRing(viewsOf([per_node.a[2], per_node.b[0], per_node.c[2]]), 36).kind).toBe("agreed");
  });

  test("a partial mesh computes three different rings", () => {
    const computations = Object.values<{ computed: RecordedComputation }>(
      recording("partitions/partial-mesh-disagreement").per_node,
    ).map((node) => node.computed);
    const judged = judgeClassicRing(viewsOf(computations), 36);
    expect(problemsOf(judged)).toEqual(["partial_mesh a"]);
    expectOwnShards(judged, computations);
  });

  test.each([
    ["last-node-zero-memory", ["no_memory c", "no_layers c"]],
    ["middle-node-empty", ["no_layers b"]],
  ])("a node without layers: %s", (name, problems) => {
    const computations = Object.values<{ computed: RecordedComputation }>(
      recording(`partitions/zero-layers-${name}`).per_node,
    ).map((node) => node.computed);
    const judged = judgeClassicRing(viewsOf(computations), 8);
    expect(problemsOf(judged)).toEqual(problems);
    expectOwnShards(judged, computations);
  });

  test.each(["shim-natural-order", "shim-other-order", "shim-equal"])(
    "values that each node announces itself: %s",
    (name) => {
      const { per_node, wanted } = recording(`partitions/forced-${name}`);
      const computations = Object.values<{ computed: RecordedComputation }>(per_node).map((node) => node.computed);
      const judged = judgeClassicRing(viewsOf(computations), 36);
      const ranges =
        judged.kind === "agreed" ? judged.ring.map(({ node, layers }) => [node, layers.end - layers.start]) : [];
      expect(Object.fromEntries(ranges)).toEqual(wanted);
    },
  );

  test.each(["proxy", "block"])(
    "an interposer makes nodes agree on ranges while their values differ, which is no agreement: %s",
    (name) => {
      const computations = Object.values<{ computed: RecordedComputation }>(
        recording(`partitions/forced-${name}-other-order`).per_node,
      ).map((node) => node.computed);
      const judged = judgeClassicRing(viewsOf(computations), 36);
      expect(new Set(judged.kind === "agreed" ? [] : judged.problems.map((problem) => problem.code))).toEqual(
        new Set(["memory_differs"]),
      );
      expectOwnShards(judged, computations);
    },
  );
});

describe("rings that nobody recorded", () => {
  test("no nodes, two of one id, and a node that goes by another one", () => {
    expect(problemsOf(judgeClassicRing([], 36))).toEqual(["no_nodes"]);
    const two = aRing({ a: 64, b: 64 });
    expect(problemsOf(judgeClassicRing([...two, two[1] as ClassicNodeView], 36))).toEqual(["duplicate_id b"]);
    const named = [two[0] as ClassicNodeView, { node: "b", topology: aTopology("z", { z: 64, a: 64 }) }];
    expect(problemsOf(judgeClassicRing(named, 36))).toEqual(["other_id b", "stranger z"]);
  });

  test("all memory 0 divides by zero", () => {
    const judged = judgeClassicRing(aRing({ a: 0, b: 0 }), 36);
    expect(problemsOf(judged)).toEqual(["no_memory a", "no_memory b", "no_memory"]);
    expect(judged.kind === "not-agreed" && judged.computed.map(({ ring }) => ring.length)).toEqual([0, 0]);
  });

  test("forced values that are not in force yet", () => {
    const views = aRing({ a: 65_536, b: 65_536 }).map((view) => ({
      ...view,
      expectedMb: view.node === "a" ? 500_000 : 65_536,
    }));
    expect(problemsOf(judgeClassicRing(views, 36))).toEqual(["other_memory a"]);
  });

  test("whatever one node says differently, or does not say, the ring is never agreed", () => {
    const ids = ["a", "b", "c", "d"] as const;
    const memory = fc.record(Object.fromEntries(ids.map((id) => [id, fc.integer({ min: 1_000, max: 2_000 })])));
    const change = fc.constantFrom<"silent" | "forgets" | "memory" | "edge" | "stranger">(
      "silent",
      "forgets",
      "memory",
      "edge",
      "stranger",
    );
    fc.assert(
      fc.property(memory, fc.constantFrom(...ids), change, (memoryMb, who, what) => {
        const views = aRing(memoryMb);
        expect(judgeClassicRing(views, 36).kind).toBe("agreed");
        const changed = views.map((view) => (view.node === who ? spoil(view, what) : view));
        expect(judgeClassicRing(changed, 36).kind).toBe("not-agreed");
      }),
      { numRuns: 200 },
    );
  });
});

function spoil(
  { node, topology }: ClassicNodeView,
  what: "silent" | "forgets" | "memory" | "edge" | "stranger",
): ClassicNodeView {
  const nodes = new Map(topology?.nodes);
  const edges = topology?.edges ?? [];
  const peer = [...nodes.keys()].find((id) => id !== node) ?? "";
  const machine = nodes.get(peer) as NonNullable<ReturnType<typeof nodes.get>>;
  if (what === "silent") return { node };
  if (what === "edge") return { node, topology: { nodes, edges: edges.slice(1) } };
  if (what === "forgets") nodes.delete(peer);
  if (what === "memory") nodes.set(peer, { ...machine, memoryMb: machine.memoryMb + 1 });
  if (what === "stranger") nodes.set("z", machine);
  return { node, topology: { nodes, edges } };
}
