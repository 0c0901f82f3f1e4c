import { afterEach, describe, expect, test } from "vitest";
import { openModernExo } from "../../../../src/adapters/exo-modern/open-modern-exo.js";
import { parseState } from "../../../../src/adapters/exo-modern/parse-state.js";
import { exoNodeId } from "../../../../src/cluster/names.js";
import { buildInventory } from "../../../../src/inventory/build-inventory.js";
import type { ExoView } from "../../../../src/inventory/exo-view.js";
import { instanceHealth } from "../../../../src/inventory/instance-health.js";
import { type FakeExo, json, startFakeExo } from "../../../support/exo-fake-server.js";
import { exoFixture } from "../../../support/exo-fixtures.js";
import { anInstance, anObservation, aPeer, aView, now } from "../../../support/inventory-builders.js";

const signal = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

// biome-ignore lint/suspicious/noExplicitAny: exo's state is changed in any way
const stateOf = (version: string): any => structuredClone(exoFixture(`${version}/state.json`));
const viewOf = (raw: unknown): ExoView => {
  const value = parseState(raw);
  const at = Math.max(...value.peers.map((peer) => peer.lastSeenAt ?? 0));
  return aView("any", value, { observation: { value, at, from: "exo" } });
};
const healthOf = (raw: unknown): string | undefined => {
  const view = viewOf(raw);
  const [instance] = view.observation.value.instances;
  return instance === undefined ? undefined : instanceHealth(instance, view).state;
};

describe("sharp edge 5: node ids change at every restart", () => {
  test("a machine keeps its name, and what is posted next names its new id", () => {
    const before = aView("studio-1", anObservation(["studio-1"]));
    const reborn = aPeer("studio-1", { id: exoNodeId("new-id") });
    const after = aView("studio-1", anObservation([], { peers: [reborn] }), { nodeId: exoNodeId("new-id") });
    const nodeOf = (view: ExoView) => buildInventory({ now, agents: [], views: [view] }).inventory.nodes[0];
    expect(nodeOf(before)).toMatchObject({ name: "studio-1", exo: { value: { nodeId: "exo-of-studio-1" } } });
    expect(nodeOf(after)).toMatchObject({ name: "studio-1", exo: { value: { nodeId: "new-id" } } });
  });

  test("an instance over an id of before is not healthy, however ready its runners are", () => {
    const instance = anInstance("x", ["studio-1"], [36]);
    const peers = [aPeer("studio-1", { id: exoNodeId("new-id") })];
    const view = aView("studio-1", anObservation([], { peers, instances: [instance] }));
    expect(instanceHealth(instance, view)).toMatchObject({ state: "unknown" });
  });
});

describe("sharp edge 11: /instance/await is not readiness", () => {
  test("an instance that exists is not ready until each of its runners is, and it is never asked for by that route", async () => {
    const raw = stateOf("after-1.0.71");
    expect(healthOf(raw)).toBe("starting");
    for (const id of Object.keys(raw.runners)) raw.runners[id] = { RunnerReady: {} };
    expect(healthOf(raw)).toBe("ready");
    const server = await startFakeExo({
      "GET /state": json(raw),
      "GET /node_id": json("n"),
      "GET /models": json({ data: [] }),
    });
    const exo = openModernExo(server.address);
    closers.push(server.close, exo.close);
    await Promise.all([exo.observe(signal), exo.nodeId(signal), exo.models(signal)]);
    expect(server.seen.map(({ path }) => path)).not.toContain("/instance/await");
  });
});

describe("sharp edge 12: runners and nodes that are gone stay listed", () => {
  test("a runner of no instance counts for nothing, and a node counts only as a member that was heard of lately", () => {
    const raw = stateOf("1.0.71");
    for (const id of Object.keys(raw.runners)) raw.runners[id] = { RunnerReady: {} };
    raw.runners["of-nobody"] = { RunnerFailed: { errorMessage: "old" } };
    expect(healthOf(raw)).toBe("ready");
    const gone = stateOf("1.0.71");
    const [first, second] = gone.topology.nodes;
    for (const id of Object.keys(gone.runners)) gone.runners[id] = { RunnerReady: {} };
    gone.topology.nodes = [first];
    expect(healthOf(gone)).toBe("unknown");
    expect(viewOf(gone).observation.value.peers.find((peer) => peer.id === second)).toMatchObject({
      inTopology: false,
    });
  });
});

describe("sharp edge 23: /state is large and holds prompts", () => {
  const secret = "my secret prompt ";
  const large = () => {
    const raw = stateOf("1.0.71");
    const [task] = Object.values(raw.tasks) as { TextGeneration: { taskParams: { input: { content: string }[] } } }[];
    for (const message of task?.TextGeneration.taskParams.input ?? []) message.content = secret.repeat(2_000);
    return raw;
  };
  const parted = (raw: Record<string, unknown>, index: () => number) =>
    Object.fromEntries([
      ...Object.entries(raw).map(([part, value]) => [`GET /state/${part}`, json(value)] as const),
      ["GET /state", json(raw)] as const,
      ["GET /state/lastEventAppliedIdx", ((...args) => json(index())(...args)) as ReturnType<typeof json>] as const,
    ]);
  const open = async (routes: Parameters<typeof startFakeExo>[0]) => {
    const server: FakeExo = await startFakeExo(routes);
    const exo = openModernExo(server.address, { largeStateBytes: 20_000 });
    closers.push(server.close, exo.close);
    return { server, exo };
  };

  test("a large one is read in parts from then on, without the tasks, and says the same", async () => {
    const raw = large();
    const { server, exo } = await open(parted(raw, () => 29));
    const whole = await exo.observe(signal);
    const inParts = await exo.observe(signal);
    expect(inParts).toEqual(whole);
    const paths = server.seen.map(({ path }) => path);
    expect(paths.filter((path) => path === "/state")).toHaveLength(1);
    expect(paths).not.toContain("/state/tasks");
  });

  test("parts of two reigns are not put together", async () => {
    let asked = 0;
    const { server, exo } = await open(parted(large(), () => [29, 3][asked++] ?? 3));
    await exo.observe(signal);
    expect((await exo.observe(signal)).lastEventIndex).toBe(29);
    expect(server.seen.filter(({ path }) => path === "/state")).toHaveLength(2);
  });

  test("an exo without parts is asked for the whole again, once and for all", async () => {
    const { server, exo } = await open({ "GET /state": json(large()) });
    for (let look = 0; look < 4; look += 1) await exo.observe(signal);
    expect(server.seen.filter(({ path }) => path !== "/state")).toHaveLength(1);
  });

  test("nothing of it is told where it can't be read", async () => {
    const text = JSON.stringify(large());
    const { exo } = await open({ "GET /state": (_, answer) => void answer.end(secret + text.slice(0, -10)) });
    const error: unknown = await exo.observe(signal).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("/state is not JSON");
    expect(String(error)).not.toContain(secret.trim());
  });
});
