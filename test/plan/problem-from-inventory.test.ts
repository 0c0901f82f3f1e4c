import { describe, expect, test } from "vitest";
import { agentId, nodeName } from "../../src/cluster/names.js";
import type { Inventory, InventoryLink, InventoryNode, LinkKind } from "../../src/inventory/inventory.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import { budgetBytes, problemFromInventory } from "../../src/plan/problem-from-inventory.js";
import { aModel } from "../support/plan-problems.js";

const GIB = 2 ** 30;

const anInventoryNode = (name: string, facts: Partial<InventoryNode> & { chip?: string; freeGib?: number } = {}) => {
  const { chip = "Apple M4 Max", freeGib = 60, ...rest } = facts;
  const observed = <T>(value: T) => ({ value, at: 0, from: "agent" as const });
  const node: InventoryNode = {
    name: nodeName(name),
    agentId: agentId(`${name}-id`),
    simulated: false,
    cordoned: false,
    hardware: observed({ modelIdentifier: "Mac16,9", chip, memoryBytes: 64 * GIB }),
    memory: observed({
      totalBytes: 64 * GIB,
      availableBytes: freeGib * GIB,
      workingSetBytes: 55_662_776_156,
      workingSetSource: "metal",
    }),
    exo: observed({ state: "running" }),
    notReady: [],
    ...rest,
  };
  return node;
};

const linked = (from: string, to: string, kind: LinkKind): InventoryLink => ({
  from: nodeName(from),
  to: nodeName(to),
  kind,
});
const wishes = {
  model: aModel(),
  contextTokens: 32_768,
  concurrency: 1,
  objective: "latency",
  sharding: "pipeline",
  replicas: 1,
} as const;
const settings = { headroomBytes: () => 3 * GIB, heldBytes: () => 0 };
const inventoryOf = (nodes: readonly InventoryNode[], links: readonly InventoryLink[] = []): Inventory => ({
  at: 0,
  nodes,
  links,
});

describe("budgets", () => {
  test("what is free counts where it is less than Metal's limit", () => {
    expect(budgetBytes(anInventoryNode("a", { freeGib: 20 }), 0)).toBe(20 * GIB);
    expect(budgetBytes(anInventoryNode("a"), 0)).toBe(55_662_776_156);
  });

  test("what our own instance holds may be used again", () => {
    expect(budgetBytes(anInventoryNode("a", { freeGib: 8 }), 40 * GIB)).toBe(48 * GIB);
  });

  test("headroom becomes the reserve, per node", () => {
    const inventory = inventoryOf([anInventoryNode("a"), anInventoryNode("b")]);
    const headroomBytes = (node: string): number => (node === "b" ? 24 * GIB : 3 * GIB);
    const { nodes } = problemFromInventory(inventory, wishes, { ...settings, headroomBytes });
    expect(nodes.map((node) => node.reserveBytes)).toEqual([3 * GIB, 24 * GIB]);
  });
});

test("nodes that are not ready are left out, cordoned ones are marked", () => {
  const nodes = [
    anInventoryNode("a"),
    anInventoryNode("b", { notReady: ["exo does not answer"] }),
    anInventoryNode("c", { cordoned: true }),
  ];
  const links = [linked("a", "b", "thunderbolt"), linked("a", "c", "thunderbolt")];
  const problem = problemFromInventory(inventoryOf(nodes, links), wishes, settings);
  expect(problem.nodes.map((node) => [node.name, node.cordoned])).toEqual([
    ["a", false],
    ["c", true],
  ]);
  expect(problem.links.map((link) => link.to)).toEqual(["c"]);
  expect(problem).toMatchObject({ minNodes: 1, maxNodes: 2 });
});

describe("links", () => {
  const nodes = [anInventoryNode("a"), anInventoryNode("b")];
  const pair = (...kinds: readonly LinkKind[]) =>
    inventoryOf(
      nodes,
      kinds.map((kind) => linked("a", "b", kind)),
    );

  test("the best link of a pair wins, whatever comes first", () => {
    const best = [{ from: "a", to: "b", kind: "thunderbolt", alphaSec: 0.0015, bytesPerSec: 2.5e9 }];
    expect(problemFromInventory(pair("wifi", "thunderbolt", "ethernet-10g"), wishes, settings).links).toEqual(best);
    expect(problemFromInventory(pair("thunderbolt", "wifi"), wishes, settings).links).toEqual(best);
  });

  test("a cable of unknown kind is taken for the slowest", () => {
    const { links } = problemFromInventory(pair("unknown"), wishes, settings);
    expect(links[0]).toMatchObject({ alphaSec: 0.0022, bytesPerSec: 0.11e9 });
  });

  test("RDMA is for tensor pairs: exo's ring, which pipelines run on, goes over TCP", () => {
    const { links, tensorLinks } = problemFromInventory(pair("rdma", "ethernet-10g"), wishes, settings);
    expect([links[0]?.kind, tensorLinks?.[0]?.kind]).toEqual(["ethernet-10g", "rdma"]);
    expect(problemFromInventory(pair("rdma"), wishes, settings).links).toEqual([]);
  });
});

test("a live cluster of three different 64 GB Studios is planned as the worked example is", () => {
  const nodes = [
    anInventoryNode("a", { chip: "Apple M1 Max" }),
    anInventoryNode("b", { chip: "Apple M2 Max" }),
    anInventoryNode("c"),
  ];
  const cables = [
    ["a", "b", "thunderbolt"],
    ["b", "c", "thunderbolt"],
    ["a", "c", "ethernet-10g"],
  ] as const;
  const links = cables.flatMap(([one, other, kind]) => [linked(one, other, kind), linked(other, one, kind)]);
  const result = planCluster(problemFromInventory(inventoryOf(nodes, links), wishes, settings));
  if (result.kind !== "plan") throw new Error("infeasible");
  expect(Math.abs(result.predicted.latencySec / 0.0211870378667 - 1)).toBeLessThan(1e-9);
});
