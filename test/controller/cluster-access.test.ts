import { describe, expect, test } from "vitest";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { nodeName } from "../../src/cluster/names.js";
import { createClusterAccess } from "../../src/controller/cluster-access.js";
import { createExoViews, type ExoConnection } from "../../src/controller/exo-views.js";
import { createFleet } from "../../src/controller/fleet.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import type { ExoAddress } from "../../src/inventory/exo-state.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";
import { aLink, aMember, anExo } from "../support/controller-house.js";
import { anObservation, aPeer, now } from "../support/inventory-builders.js";

const { signal } = new AbortController();

/** A controller's eyes on a cluster of agents with an exo each; both behave as a test says. */
function someEyes(
  names: readonly string[],
  parts: {
    readonly links?: Record<string, Partial<AgentLink>>;
    readonly exos?: Record<string, Partial<ExoConnection>>;
    readonly exoHosts?: readonly ExoAddress[];
    readonly cordoned?: ReadonlySet<string>;
  } = {},
) {
  const clock = createManualClock(now);
  const asked: string[] = [];
  const views: ClusterView[] = [];
  const fleet = createFleet({
    members: () => names.map((name) => aMember(name, { lastAddress: { host: `${name}.test`, port: 8417 } })),
    hints: () => [],
    dial: (member) => aLink(member.name, parts.links?.[member.name]),
    verified: () => {},
    remember: async () => {},
    term: 1,
    clock,
    logger: silentLogger,
  });
  const all = parts.exoHosts === undefined ? names : parts.exoHosts.map(({ host }) => host.replace(".test", ""));
  const exos = createExoViews({
    connect: (address) => {
      const name = address.host.replace(".test", "");
      asked.push(`${address.host}:${address.port}`);
      const peers = all.map((other) => aPeer(other, { lastSeenAt: now }));
      return anExo(name, address, { observe: async () => anObservation([], { peers }), ...parts.exos?.[name] });
    },
    clock,
    simulated: "real",
  });
  const access = createClusterAccess({
    clusterId: "lab",
    fleet,
    exos,
    exoHosts: parts.exoHosts ?? [],
    cordoned: () => parts.cordoned ?? new Set(),
    generation: () => "modern",
    clock,
    onView: (view) => views.push(view),
  });
  return { access, clock, views, asked };
}

describe("a look", () => {
  test("puts agents, exos, registries and listings together, and hands the view on", async () => {
    const { access, views, asked } = someEyes(["one", "two"], { cordoned: new Set(["two"]) });
    const view = await access.observe(signal);
    expect(views).toEqual([view]);
    expect(asked).toEqual(["one.test:52415", "two.test:52415"]);
    expect(view.inventory.nodes.map((node) => [node.name, node.notReady, node.cordoned])).toEqual([
      ["one", [], false],
      ["two", [], true],
    ]);
    expect([...view.registries.keys()]).toEqual(["one", "two"]);
    expect([...view.listed.keys()]).toEqual(["one", "two"]);
    expect(access.agent(nodeName("one"))).toBeDefined();
    expect(access.exo(nodeName("two"))).toBeDefined();
    expect(access.exo(nodeName("nobody"))).toBeUndefined();
  });

  test("leaves out what does not answer and keeps the rest", async () => {
    const broken = () => Promise.reject(new Error("no"));
    const { access } = someEyes(["one", "two", "three"], {
      links: { one: { describeRegistry: broken }, three: { takeLease: broken } },
      exos: { two: { models: broken } },
    });
    const view = await access.observe(signal);
    expect([...view.registries.keys()]).toEqual(["two"]);
    expect([...view.listed.keys()]).toEqual(["one"]);
    expect(access.agent(nodeName("three"))).toBeUndefined();
  });

  test("does not ask the exo of an agent that says it does not run", async () => {
    const stopped = aLink("one").describe(signal);
    const describe_ = async () => {
      const report = await stopped;
      return { ...report, exo: { ...report.exo, state: "stopped" as const } };
    };
    const { access, asked } = someEyes(["one"], { links: { one: { describe: describe_ } } });
    await access.observe(signal);
    expect(asked).toEqual([]);
  });

  test("goes on asking the exo of an agent that has stopped answering: exo serves without it", async () => {
    let answers = true;
    const takeLease = async (term: number) => {
      if (!answers) throw new Error("restarting");
      return { term, validMs: 1 };
    };
    const { access, clock } = someEyes(["one"], { links: { one: { takeLease } } });
    await access.observe(signal);
    answers = false;
    await clock.advance(5_000);
    const view = await access.observe(signal);
    expect(view.inventory.nodes[0]?.exo).toMatchObject({ at: now + 5_000, value: { address: { host: "one.test" } } });
    expect(access.exo(nodeName("one"))).toBeDefined();
    expect(access.agent(nodeName("one"))).toBeUndefined();
  });

  test("without agents sees the named exos", async () => {
    const exoHosts = [{ host: "one.test", port: 52415 }];
    const view = await someEyes([], { exoHosts }).access.observe(signal);
    expect(view.inventory.nodes.map((node) => node.name)).toEqual(["one"]);
  });
});

describe("looks at the same time", () => {
  test("are made one after the other, each after it was asked for", async () => {
    const order: string[] = [];
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const describeRegistry = async () => {
      order.push("look");
      await gate;
      return { cards: [], models: [] };
    };
    const { access } = someEyes(["one"], { links: { one: { describeRegistry } } });
    const first = access.observe(signal);
    const second = access.observe(signal);
    await settle();
    expect(order).toEqual(["look"]);
    open();
    await Promise.all([first, second]);
    expect(order).toEqual(["look", "look"]);
  });

  test("one that is aborted fails alone", async () => {
    const { access } = someEyes(["one"]);
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    const [first, second] = await Promise.allSettled([access.observe(stop.signal), access.observe(signal)]);
    expect(first).toMatchObject({ status: "rejected", reason: { message: "stopped" } });
    expect(second.status).toBe("fulfilled");
  });
});
