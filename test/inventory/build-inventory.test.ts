import { describe, expect, test } from "vitest";
import { estimatedWorkingSetBytes } from "../../src/cluster/chips.js";
import { exoNodeId } from "../../src/cluster/names.js";
import { buildInventory, type InventoryInput } from "../../src/inventory/build-inventory.js";
import type { AgentFacts, ExoView } from "../../src/inventory/exo-view.js";
import { anAgent, anObservation, aPeer, aView, now } from "../support/inventory-builders.js";

const all = ["studio-1", "studio-2", "studio-3"];
const whole = anObservation(all);

const build = (change: Partial<InventoryInput> = {}) =>
  buildInventory({
    now,
    agents: all.map((name) => anAgent(name)),
    views: all.map((name) => aView(name, whole)),
    ...change,
  }).inventory;

const reasonsOf = (inventory: ReturnType<typeof build>): Record<string, readonly string[]> =>
  Object.fromEntries(inventory.nodes.map((node) => [node.name, node.notReady]));

const replaced = (agent: AgentFacts): AgentFacts[] => all.map((name) => (name === agent.name ? agent : anAgent(name)));

test("nodes that answer and see each other are ready, in order of their names", () => {
  const inventory = build({ agents: all.toReversed().map((name) => anAgent(name)) });
  expect(inventory.nodes.map((node) => node.name)).toEqual(all);
  expect(reasonsOf(inventory)).toEqual({ "studio-1": [], "studio-2": [], "studio-3": [] });
  expect(inventory.nodes[0]).toMatchObject({
    agentId: "agent-of-studio-1",
    hardware: { from: "agent", at: now - 300 },
    exo: { from: "exo", value: { nodeId: "exo-of-studio-1", address: { host: "studio-1.test", port: 52415 } } },
  });
});

describe("a node is not ready, and says why", () => {
  const views = (except?: string): ExoView[] => all.filter((name) => name !== except).map((name) => aView(name, whole));
  test.each<[string, AgentFacts, ExoView[], RegExp]>([
    [
      "stale report",
      anAgent("studio-2", { ageMs: 10_001, trouble: "connection refused" }),
      views(),
      /not answered for 10 s: connection refused/,
    ],
    ["other protocol", anAgent("studio-2", { report: { protocolVersion: 99 } }), views(), /version 99/],
    [
      "exo stopped",
      anAgent("studio-2", { exo: { state: "stopped", problem: "it was told to" } }),
      views(),
      /not running on it: it was told to/,
    ],
    ["exo starting", anAgent("studio-2", { exo: { state: "starting" } }), views(), /still starting/],
    [
      "exo failed",
      anAgent("studio-2", { exo: { state: "failed", problem: "exit code 1" } }),
      views(),
      /exo failed on it: exit code 1/,
    ],
    ["classic exo", anAgent("studio-2", { exo: { generation: "classic" } }), views("studio-2"), /exo 0\.0\.x/],
    ["API silent", anAgent("studio-2"), views("studio-2"), /API at studio-2\.test:52415 does not answer/],
    [
      "API answered long ago",
      anAgent("studio-2"),
      [
        ...views("studio-2"),
        aView("studio-2", whole, { observation: { value: whole, at: now - 20_000, from: "exo" } }),
      ],
      /does not answer/,
    ],
  ])("%s", (_, agent, given, reason) => {
    const reasons = reasonsOf(build({ agents: replaced(agent), views: given }));
    expect(reasons["studio-2"]?.join("; ")).toMatch(reason);
    expect(reasons["studio-1"]).toEqual([]);
    expect(reasons["studio-3"]).toEqual([]);
  });

  test("an exo without a variant is too old to be driven", () => {
    const { variant: _, ...old } = aView("studio-2", whole);
    expect(reasonsOf(build({ views: [...views("studio-2"), old] }))["studio-2"]?.join()).toMatch(/older than 1\.0\.68/);
  });

  test("an exo in a cluster of its own, while the larger group stays ready", () => {
    const pair = anObservation(["studio-1", "studio-2"]);
    const alone = anObservation(["studio-3"]);
    const built = build({ views: [aView("studio-1", pair), aView("studio-2", pair), aView("studio-3", alone)] });
    expect(reasonsOf(built)).toEqual({
      "studio-1": [],
      "studio-2": [],
      "studio-3": ["its exo is not in one cluster with exo on studio-1, studio-2"],
    });
    expect(built.nodes.map(({ exo }) => exo.value.apart)).toEqual([undefined, undefined, true]);
  });

  test("a member that one of the others does not see", () => {
    const partial = anObservation(["studio-1", "studio-2"]);
    const reasons = reasonsOf(
      build({ views: [aView("studio-1", partial), aView("studio-2", whole), aView("studio-3", whole)] }),
    );
    expect(reasons["studio-3"]).toEqual(["exo on studio-1 does not see it"]);
  });

  test("a member that has fallen silent in exo's own books", () => {
    const peers = all.map((name) => aPeer(name, name === "studio-3" ? { lastSeenAt: now - 9_000 } : {}));
    const late = anObservation(all, { peers });
    const reasons = reasonsOf(
      build({
        views: views("studio-3").map((view) => ({ ...view, observation: { ...view.observation, value: late } })),
      }),
    );
    expect(reasons["studio-3"]?.join()).toMatch(/does not see it|does not answer/);
    expect(reasons["studio-1"]).toEqual([]);
  });

  test("a cluster whose clock has stopped is not alive", () => {
    const frozen = anObservation(all, { peers: all.map((name) => aPeer(name, { lastSeenAt: now - 60_000 })) });
    const reasons = reasonsOf(build({ views: all.map((name) => aView(name, frozen)) }));
    expect(Object.values(reasons).every((list) => list.length > 0)).toBe(true);
  });
});

test("cordoned nodes are marked, not unready", () => {
  const inventory = build({ cordoned: new Set(["studio-2"]) });
  expect(inventory.nodes.map((node) => [node.cordoned, node.notReady.length])).toEqual([
    [false, 0],
    [true, 0],
    [false, 0],
  ]);
});

test("a restarted exo goes by its new id", () => {
  const id = exoNodeId("brand-new");
  const peers = [aPeer("studio-1"), aPeer("studio-2", { id }), aPeer("studio-3")];
  const fresh = anObservation(all, { peers });
  const known = buildInventory({
    now,
    agents: all.map((name) => anAgent(name)),
    views: all.map((name) => aView(name, fresh, name === "studio-2" ? { nodeId: id } : {})),
  });
  expect(known.nameOf(id)).toBe("studio-2");
  expect(known.inventory.nodes.map((node) => [node.name, node.notReady])).toEqual(all.map((name) => [name, []]));
});

describe("over exo's API alone", () => {
  test("nodes come from exo, with an estimated working set", () => {
    const inventory = build({ agents: [], views: [aView("studio-1", whole)] });
    expect(inventory.nodes.map((node) => node.name)).toEqual(all);
    expect(inventory.nodes[1]).toMatchObject({
      simulated: false,
      hardware: { value: { chip: "Apple M4 Max", modelIdentifier: "Mac Studio" }, from: "exo" },
      memory: { value: { workingSetBytes: estimatedWorkingSetBytes(64 * 1024 ** 3), workingSetSource: "estimated" } },
      notReady: [],
    });
    expect(inventory.nodes[1]).not.toHaveProperty("agentId");
    expect(inventory.nodes[0]?.exo.value.address).toBeDefined();
    expect(inventory.nodes[1]?.exo.value.address).toBeUndefined();
  });

  test("names become words, and equal ones get numbers in an order that outlives restarts", () => {
    const peer = (id: string, ip: string) =>
      aPeer("Anna’s Mac Studio", { id: exoNodeId(id), interfaces: [{ name: "en0", ip, type: "ethernet" }] });
    const namesOf = (ids: [string, string]) => {
      const observation = anObservation([], { peers: [peer(ids[0], "10.0.0.1"), peer(ids[1], "10.0.0.2")] });
      const known = buildInventory({
        now,
        agents: [],
        views: [aView("x", observation, { nodeId: exoNodeId(ids[0]) })],
      });
      return ids.map((id) => known.nameOf(exoNodeId(id)));
    };
    expect(namesOf(["a", "b"])).toEqual(["Annas-Mac-Studio", "Annas-Mac-Studio-2"]);
    expect(namesOf(["z", "c"])).toEqual(["Annas-Mac-Studio", "Annas-Mac-Studio-2"]);
  });

  test("a node whose memory exo does not know takes nothing", () => {
    const { ramTotalBytes: _, ...blank } = aPeer("studio-1");
    const inventory = build({ agents: [], views: [aView("studio-1", anObservation([], { peers: [blank] }))] });
    expect(inventory.nodes[0]?.notReady).toEqual(["exo has not reported its memory yet"]);
  });

  test("simulated exos stay marked", () => {
    const inventory = build({ agents: [], views: [aView("studio-1", whole, { simulated: true })] });
    expect(inventory.nodes.every((node) => node.simulated)).toBe(true);
  });
});

test("beside nodes with agents, one without is shown and not used", () => {
  const inventory = build({ agents: [anAgent("studio-1"), anAgent("studio-2")] });
  expect(reasonsOf(inventory)["studio-3"]?.join()).toMatch(/no exoctl agent/);
  expect(reasonsOf(inventory)["studio-1"]).toEqual([]);
});

describe("links", () => {
  const interfaces = (ip: string, tb: string) => [
    { name: "en0", ip, type: "ethernet" },
    { name: "en3", ip: tb, type: "maybe_ethernet" },
    { name: "en1", ip: `${ip}9`, type: "wifi" },
  ];
  const from = exoNodeId("exo-of-studio-1");
  const to = exoNodeId("exo-of-studio-2");
  const kindsWith = (modelName: string, ...ips: string[]) => {
    const peers = [
      aPeer("studio-1", { interfaces: interfaces("10.0.0.1", "169.254.1.1") }),
      aPeer("studio-2", { interfaces: interfaces("10.0.0.2", "169.254.1.2"), modelName }),
    ];
    const edges = ips.map((ip) => ({ kind: "socket" as const, from, to, ip }));
    const rdma = { kind: "rdma" as const, from, to, sourceInterface: "rdma_en3", sinkInterface: "rdma_en3" };
    const observation = anObservation([], { peers, edges: [...edges, rdma] });
    const views = [aView("studio-1", observation), aView("studio-2", observation)];
    const { links } = build({ agents: [anAgent("studio-1"), anAgent("studio-2")], views });
    return links.map((link) => [link.from, link.to, link.kind, link.ip]);
  };

  test("kinds, each link once although both exos tell of it", () => {
    const kinds = kindsWith("Mac Studio", "10.0.0.2", "169.254.1.2", "10.0.0.29", "100.64.3.4", "172.16.0.9");
    const link = (kind: string, ip?: string) => ["studio-1", "studio-2", kind, ip];
    expect(kinds).toHaveLength(6);
    expect(kinds).toEqual(
      expect.arrayContaining([
        link("rdma"),
        link("ethernet-10g", "10.0.0.2"),
        link("thunderbolt", "169.254.1.2"),
        link("wifi", "10.0.0.29"),
        link("unknown", "100.64.3.4"),
        link("unknown", "172.16.0.9"),
      ]),
    );
  });

  test("Ethernet counts as 10 Gb/s only between two Mac Studios", () => {
    expect(kindsWith("MacBook Pro", "10.0.0.2")).toContainEqual(["studio-1", "studio-2", "ethernet-1g", "10.0.0.2"]);
  });
});
