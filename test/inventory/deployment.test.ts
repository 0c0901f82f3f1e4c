import { describe, expect, test } from "vitest";
import { type NodeName, nodeName } from "../../src/cluster/names.js";
import { buildDeployment } from "../../src/inventory/deployment.js";
import type { ExoInstance, RunnerState } from "../../src/inventory/exo-state.js";
import type { ExoView } from "../../src/inventory/exo-view.js";
import { peerAddresses } from "../../src/inventory/peer-addresses.js";
import { anInstance, anObservation, aPeer, aView, now } from "../support/inventory-builders.js";

const both = ["studio-1", "studio-2"];
const nameOf = (id: string): NodeName | undefined =>
  /^exo-of-studio-\d$/.test(id) ? nodeName(id.replace("exo-of-", "")) : undefined;

const deploy = (views: readonly ExoView[]) => buildDeployment({ now, clusterId: "lab", views, nameOf });
const viewsOf = (...instances: ExoInstance[]): ExoView[] =>
  both.map((name) => aView(name, anObservation(both, { instances })));
const healthOf = (views: readonly ExoView[]) => deploy(views).instances[0]?.health;

const ours = "exoctl-lab-gpt-oss-120b-g1-abc123";
const running = (runners: RunnerState[] = [], change: Partial<ExoInstance> = {}) =>
  anInstance(ours, both, [20, 36], runners, change);

test("a ready instance, by node name and rank", () => {
  const { instances } = deploy(viewsOf(running(["ready", "running"])));
  expect(instances).toMatchObject([
    {
      id: ours,
      owner: "ours",
      health: { state: "ready" },
      stages: [
        { node: "studio-1", rank: 0, layers: { start: 0, end: 20 } },
        { node: "studio-2", rank: 1, layers: { start: 20, end: 36 } },
      ],
    },
  ]);
});

test.each([
  ["exoctl-lab-x", "ours"],
  ["exoctl-other-x", "foreign"],
  ["exoctl-la", "foreign"],
  ["6d1f0c0e-uuid-of-somebody", "foreign"],
])("%s is %s", (id, owner) => {
  expect(deploy(viewsOf(anInstance(id, both, [20, 36]))).instances[0]?.owner).toBe(owner);
});

describe("health by the runners", () => {
  test.each<[RunnerState[], object]>([
    [["ready", "ready"], { state: "ready" }],
    [["absent", "ready"], { state: "starting", phase: "preparing" }],
    [["idle", "connecting"], { state: "starting", phase: "preparing" }],
    [["connecting", "connected"], { state: "starting", phase: "connecting" }],
    [["ready", "loading"], { state: "starting", phase: "loading" }],
    [["loaded", "warming-up"], { state: "starting", phase: "loaded" }],
    [["ready", "failed"], { state: "failed" }],
    [["ready", "unknown"], { state: "unknown" }],
    [["ready", "shutting-down"], { state: "unknown" }],
    [["shutdown", "ready"], { state: "unknown" }],
  ])("%j", (runners, health) => {
    expect(healthOf(viewsOf(running(runners)))).toMatchObject(health);
  });
});

describe("never ready", () => {
  test.each<[string, ExoInstance]>([
    ["not understood", running([], { shards: [] })],
    ["a gap", anInstance(ours, both, [20, 35])],
    ["no number of layers", { ...running(), modelLayers: 0 }],
    ["tensor ranks with parts", { ...running(), sharding: "tensor" }],
    ["a node that is no member", anInstance(ours, ["studio-1", "studio-9"], [20, 36])],
  ])("%s", (_, instance) => {
    expect(healthOf(viewsOf(instance))?.state).toMatch(/failed|unknown/);
  });

  test("when one of its nodes is silent", () => {
    const peers = [aPeer("studio-1"), aPeer("studio-2", { lastSeenAt: now - 8_000 })];
    expect(healthOf([aView("studio-1", anObservation(both, { peers, instances: [running()] }))])).toMatchObject({
      state: "unknown",
      reason: expect.stringContaining("rank 1"),
    });
  });

  test("when the worse of two views says so", () => {
    const [first] = viewsOf(running());
    const [, second] = viewsOf(running(["ready", "warming-up"]));
    const views = [first, second].filter((view) => view !== undefined);
    expect(healthOf(views)).toMatchObject({ state: "starting", phase: "warming-up" });
  });

  test("when the exo of one of its nodes does not list it", () => {
    const [first] = viewsOf(running());
    const views = [first, aView("studio-2", anObservation(both))].filter((view) => view !== undefined);
    expect(healthOf(views)).toMatchObject({ state: "unknown", reason: expect.stringContaining("studio-2") });
  });

  test("when nobody has said anything lately", () => {
    const old = viewsOf(running()).map((view) => ({ ...view, observation: { ...view.observation, at: now - 11_000 } }));
    expect(deploy(old)).toMatchObject({ instances: [] });
    expect(deploy(old)).not.toHaveProperty("freeBytesForExo");
  });
});

test("a stage on a node nobody knows has no name", () => {
  const [, lost] = deploy(viewsOf(anInstance(ours, ["studio-1", "ghost"], [20, 36]))).instances[0]?.stages ?? [];
  expect(lost).toMatchObject({ nodeId: "exo-of-ghost" });
  expect(lost).not.toHaveProperty("node");
});

test("exo's own sum of free memory", () => {
  expect(deploy(viewsOf()).freeBytesForExo).toBe(100 * 1024 ** 3);
});

test("one exo tells where the others are, cables last", () => {
  const [from, to] = [
    aPeer("studio-1"),
    aPeer("studio-2", { interfaces: [{ name: "en0", ip: "10.0.0.2", type: "ethernet" }] }),
  ];
  const edges = ["169.254.1.2", "192.168.1.2"].map((ip) => ({ kind: "socket" as const, from: from.id, to: to.id, ip }));
  expect(peerAddresses(anObservation([], { peers: [from, to], edges }), from.id)).toEqual([
    { nodeId: to.id, hosts: ["192.168.1.2", "10.0.0.2", "169.254.1.2"] },
  ]);
});
