import { afterEach, describe, expect, test } from "vitest";
import { parseModels } from "../../../src/adapters/exo-modern/exo-answers.js";
import { exoErrorText } from "../../../src/adapters/exo-modern/exo-error-text.js";
import { openModernExo } from "../../../src/adapters/exo-modern/open-modern-exo.js";
import { parseState } from "../../../src/adapters/exo-modern/parse-state.js";
import { type OlderExo, readExoVariant, readOlderExo } from "../../../src/cluster/exo-variant.js";
import { nodeName } from "../../../src/cluster/names.js";
import { buildInventory } from "../../../src/inventory/build-inventory.js";
import { buildDeployment } from "../../../src/inventory/deployment.js";
import type { ExoView } from "../../../src/inventory/exo-view.js";
import { json, startFakeExo } from "../../support/exo-fake-server.js";
import { exoFixture } from "../../support/exo-fixtures.js";

// Printed by exo's own classes of those releases, with made-up nodes (test/fixtures/exo/README.md).
const older: readonly (readonly [folder: string, release: OlderExo, model: string, layers: number, lacks: RegExp])[] = [
  ["1.0.60", "1.0.60", "mlx-community/Meta-Llama-3.1-8B-Instruct-4bit", 32, /one list of hosts for all nodes/],
  ["1.0.61", "1.0.61 to 1.0.63", "mlx-community/gpt-oss-120b-MXFP4-Q8", 36, /asks Hugging Face before every placement/],
  ["1.0.64", "1.0.64 to 1.0.67", "mlx-community/gpt-oss-120b-MXFP4-Q8", 36, /cannot cancel an answer/],
];

const signal = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** The view that the controller keeps of an exo with these answers. */
async function viewOf(folder: string): Promise<ExoView> {
  const server = await startFakeExo({
    "GET /node_id": json("12D3KooWD3TQKFnQQu8iCsK6mQYdVcGq1Q3VQqvYxXk1tJk7Aa11"),
    "GET /openapi.json": json(exoFixture(`${folder}/openapi.json`)),
    "GET /state": json(exoFixture(`${folder}/state.json`)),
  });
  const exo = openModernExo(server.address);
  closers.push(server.close, exo.close);
  expect(await exo.variant(signal)).toBeUndefined();
  const value = await exo.observe(signal);
  const at = Math.max(...value.peers.map((peer) => peer.lastSeenAt ?? 0));
  return { address: server.address, nodeId: await exo.nodeId(signal), observation: { value, at, from: "exo" } };
}

describe.each(older)("exo %s", (folder, release, model, layers, lacks) => {
  const fixture = (name: string): unknown => exoFixture(`${folder}/${name}.json`);

  test("is recognised by its description, and is no variant to drive", () => {
    expect(readOlderExo(fixture("openapi"))).toBe(release);
    expect(readExoVariant(fixture("openapi"))).toBeUndefined();
  });

  test("its nodes are seen with chip, memory and addresses, and how they reach one another", () => {
    const { peers, edges, problems } = parseState(fixture("state"));
    expect(problems).toEqual([]);
    expect(peers).toHaveLength(3);
    expect(peers.find((peer) => peer.friendlyName === "studio-2")).toMatchObject({
      chip: "Apple M3 Ultra",
      modelName: "Mac Studio",
      ramTotalBytes: 128 * 1024 ** 3,
      ramAvailableBytes: 104 * 1024 ** 3,
      inTopology: true,
      interfaces: [{ name: "en0", ip: "192.168.1.11" }],
    });
    expect(edges).toHaveLength(6);
    const [from, to] = ["studio-1", "studio-3"].map((name) => peers.find((peer) => peer.friendlyName === name)?.id);
    expect(edges).toContainEqual({ kind: "socket", from, to, ip: "192.168.1.12" });
  });

  test("its instances are seen with their layers, and its downloads", () => {
    const { instances, downloads } = parseState(fixture("state"));
    const [instance] = instances;
    expect(instance).toMatchObject({ modelId: model, transport: "ring", sharding: "pipeline", modelLayers: layers });
    expect(instance?.shards.map((shard) => shard.runner)).toEqual(["ready", "ready"]);
    expect(instance?.shards.at(0)?.layers.start).toBe(0);
    expect(instance?.shards.at(-1)?.layers.end).toBe(layers);
    expect(instance?.ports?.length).toBeGreaterThan(0);
    expect(downloads.map((download) => [download.modelId, download.state])).toEqual([
      [model, "completed"],
      [model, "completed"],
    ]);
  });

  test("runners that have just begun are idle, whatever it calls that", () => {
    const [instance] = parseState(fixture("state-starting")).instances;
    expect(instance?.shards.map((shard) => shard.runner)).toEqual(["idle", "idle"]);
  });

  test("its models are listed under their real ids", () => {
    const models = parseModels(fixture("models"));
    expect(models?.map(({ id }) => id)).toContain(model);
    expect(models?.every(({ id }) => id.includes("/"))).toBe(true);
  });

  test("its errors are read", () => {
    const errors = fixture("errors") as Record<string, { status: number; body: unknown }>;
    const words = (request: string): string => exoErrorText(JSON.stringify(errors[request]?.body));
    expect(words("GET /instance/none")).toBe("Instance not found");
    expect(words("GET unknown")).toBe("Not Found");
    expect(words("placement of too many")).toBe("No cycles found with sufficient memory");
    expect(words("POST /instance {}")).toBe("body.instance: Field required");
  });

  test("is watched: its instance is shown as healthy, and its nodes refuse layers and say why and what to do", async () => {
    const view = await viewOf(folder);
    const now = view.observation.at;
    const { inventory, nameOf } = buildInventory({ now, agents: [], views: [view] });
    expect(inventory.nodes.map((node) => node.name)).toEqual(["studio-1", "studio-2", "studio-3"].map(nodeName));
    for (const { notReady, memory } of inventory.nodes) {
      expect(memory.value.availableBytes).toBeGreaterThan(0);
      expect(notReady.join()).toContain(`(${release})`);
      expect(notReady.join()).toMatch(lacks);
      expect(notReady.join()).toContain("Install exo 1.0.68 or newer");
    }
    const [instance] = buildDeployment({ now, clusterId: "lab", views: [view], nameOf }).instances;
    expect(instance).toMatchObject({ owner: "foreign", health: { state: "ready" } });
    expect(instance?.stages.map(({ node }) => node)).not.toContain(undefined);
  });
});

test("where its description cannot be read, the state alone says that it is older", async () => {
  const server = await startFakeExo({ "GET /state": json(exoFixture("1.0.60/state.json")) });
  const exo = openModernExo(server.address);
  closers.push(server.close, exo.close);
  expect((await exo.observe(signal)).observeOnly).toMatch(/^its exo \(1\.0\.61 to 1\.0\.63\).*Install exo 1\.0\.68/);
});
