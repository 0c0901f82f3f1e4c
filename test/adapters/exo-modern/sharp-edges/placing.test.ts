import { describe, expect, test } from "vitest";
import { instanceBody } from "../../../../src/adapters/exo-modern/instance-body.js";
import { answersAsExpected, defaultKnownAnswer, defaultTimings } from "../../../../src/apply/apply-settings.js";
import type { InstanceSpec } from "../../../../src/apply/exo-control.js";
import { chooseRingPort } from "../../../../src/apply/plan-ring.js";
import { type StartVerdict, type StartWatch, watchStart } from "../../../../src/apply/watch-start.js";
import { exoNodeId, nodeName } from "../../../../src/cluster/names.js";
import { buildInventory } from "../../../../src/inventory/build-inventory.js";
import { buildDeployment } from "../../../../src/inventory/deployment.js";
import { planCluster } from "../../../../src/plan/plan-cluster.js";
import { gptOssEntry, variant71 } from "../../../support/exo-fixtures.js";
import { anInstance, anObservation, aPeer, aView, now } from "../../../support/inventory-builders.js";
import { aPlanNode, aPlanProblem } from "../../../support/plan-problems.js";

const names = ["studio-1", "studio-2", "studio-3"];
const spec: InstanceSpec = {
  instanceId: "exoctl-lab-gpt-oss-120b-g1-abc123",
  model: gptOssEntry,
  shards: names.map((name, rank) => ({
    nodeId: exoNodeId(name),
    runnerId: `runner-${rank}`,
    layers: { start: rank * 12, end: (rank + 1) * 12 },
  })),
  sharding: "pipeline",
  transport: {
    kind: "ring",
    port: 50_000,
    addresses: names.map(() => ["192.168.1.1", "192.168.1.2", "192.168.1.3"]),
  },
};

describe("sharp edge 3: wrong cuts load and answer garbage", () => {
  test.each([
    ["a gap", 13, 24],
    ["an overlap", 11, 24],
    ["an empty shard", 24, 24],
  ])("%s is refused before it is posted", (_, start, end) => {
    const shards = spec.shards.map((shard, rank) => (rank === 1 ? { ...shard, layers: { start, end } } : shard));
    expect(() => instanceBody({ ...spec, shards }, variant71)).toThrow(/do not cover 0-36 in rank order/);
  });

  test("and what became ready all the same is asked something with a known answer first", () => {
    const answer = { model: "m", finishReason: "stop", firstTokenMs: 1 };
    expect(answersAsExpected({ ...answer, text: "Paris." }, defaultKnownAnswer)).toBe(true);
    expect(answersAsExpected({ ...answer, text: "obrak zufen lit qua" }, defaultKnownAnswer)).toBe(false);
  });
});

describe("sharp edge 13: the sixth creation of a runner deletes the instance", () => {
  const withCreations = (creations: number) => {
    const instance = anInstance("exoctl-lab-x", names, [12, 24, 36]);
    const shards = instance.shards.map((shard) => ({ ...shard, creations }));
    const views = names.map((name) => aView(name, anObservation(names, { instances: [{ ...instance, shards }] })));
    const nameOf = (id: string) => nodeName(id.replace("exo-of-", ""));
    return buildDeployment({ now, clusterId: "lab", views, nameOf }).problems;
  };

  test("from the third on it is told, with the node and what is in store", () => {
    expect(withCreations(2)).toEqual([]);
    const told = withCreations(3);
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(
      /^exo on studio-1 has started its runner of instance exoctl-lab-x 3 times; .*started 5 times/,
    );
  });
});

describe("sharp edge 14: a neighbour that never connects blocks the others for ever", () => {
  test("the ring has 60 s, then the start has failed, and the pairs that wait are named", () => {
    const instance = anInstance("exoctl-lab-x", names, [12, 24, 36], ["connecting", "connecting", "idle"]);
    const views = names.map((name) => aView(name, anObservation(names, { instances: [instance] })));
    const nameOf = (id: string) => nodeName(id.replace("exo-of-", ""));
    const deployment = buildDeployment({ now, clusterId: "lab", views, nameOf });
    let watch: StartWatch | undefined;
    let verdict: StartVerdict = { kind: "ready" };
    let seconds = 0;
    for (; seconds < 200; seconds += 1) {
      verdict = watchStart(watch, "exoctl-lab-x", deployment, defaultTimings, seconds * 1_000);
      if (verdict.kind !== "wait") break;
      ({ watch } = verdict);
    }
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThanOrEqual(62);
    const problem = verdict.kind === "failed" ? verdict.problem : undefined;
    expect(problem).toMatchObject({ code: "ring_not_connected" });
    expect(problem?.message).toContain("between studio-1 and studio-2");
  });
});

describe("sharp edge 15: the ring's port", () => {
  test("is never one of exo's own, nor one that another instance uses, whatever it begins at", () => {
    const used = [52_412, 52_416];
    const ports = Array.from({ length: 16_384 }, (_, seed) => chooseRingPort(seed, used));
    expect(ports.filter((port) => (port >= 52_412 && port <= 52_416) || port < 49_152)).toEqual([]);
    expect(new Set(ports).size).toBe(16_384 - 5);
  });

  test("and a port of exo's own is refused even if somebody asks for it", () => {
    expect(() => instanceBody({ ...spec, transport: { ...spec.transport, port: 52_414 } }, variant71)).toThrow(/52414/);
  });
});

describe("sharp edge 20: exo's check of memory is global and momentary", () => {
  test("a node that is short gets fewer layers or is named, though all of them together have plenty", () => {
    const gib = 1024 ** 3;
    const nodes = [aPlanNode("big", { budgetBytes: 40 * gib }), aPlanNode("small", { budgetBytes: 4 * gib })];
    const result = planCluster(aPlanProblem(nodes, { minNodes: 2, maxNodes: 2 }));
    expect(result.kind).toBe("infeasible");
    const shortfalls = result.kind === "infeasible" ? result.shortfalls : [];
    expect(shortfalls.map(({ node }) => node)).toContain("small");
  });

  test("a node whose memory exo has not measured yet takes nothing", () => {
    const { ramAvailableBytes: _unknown, ...peer } = aPeer("studio-1");
    const { inventory } = buildInventory({
      now,
      agents: [],
      views: [aView("studio-1", anObservation([], { peers: [peer] }))],
    });
    expect(inventory.nodes[0]?.notReady).toEqual(["exo has not reported its memory yet"]);
  });
});
