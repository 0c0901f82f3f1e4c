import { describe, expect, test } from "vitest";
import { errorWords } from "../../../src/adapters/exo-classic/error-words.js";
import { parseDownloads } from "../../../src/adapters/exo-classic/parse-downloads.js";
import { parseHealth, parseModels, parseQuit } from "../../../src/adapters/exo-classic/parse-models.js";
import { parseGrpcTopology, parseHttpTopology } from "../../../src/adapters/exo-classic/parse-topology.js";
import { recording } from "../../support/classic-recordings.js";

const understood = <T>(parsed: { kind: "value"; value: T } | { kind: "broken"; problem: string }): T => {
  if (parsed.kind === "broken") throw new Error(parsed.problem);
  return parsed.value;
};

describe("recorded topologies", () => {
  test.each(["a", "b", "c"])("of node studio-%s over HTTP", (letter) => {
    const { json } = recording(`http/topology-studio-${letter}`).response;
    const topology = understood(parseHttpTopology(json));
    expect([...topology.nodes].map(([id, { memoryMb, chip }]) => [id, memoryMb, chip]).toSorted()).toEqual([
      ["studio-a", 196_608, "Apple M2 Ultra"],
      ["studio-b", 131_072, "Apple M2 Ultra"],
      ["studio-c", 65_536, "Apple M4 Max"],
    ]);
    expect(topology.nodes.get("studio-c")?.flops).toEqual({ fp32: 18.03, fp16: 36.07, int8: 72.14 });
    expect(topology.edges).toHaveLength(6);
    expect(topology.edges).toContainEqual({ from: "studio-b", to: "studio-a", description: "MAN" });
    expect(topology.activeNodeId).toBeUndefined();
  });

  test("edges may name nodes that are gone", () => {
    const topology = understood(parseHttpTopology(recording("http/topology-after-quit-of-c").json));
    expect([...topology.nodes.keys()]).toEqual(["studio-a", "studio-b"]);
    expect(topology.edges).toContainEqual({ from: "studio-b", to: "studio-c", description: "MAN" });
  });

  test.each(["collect-topology", "collect-topology-visited-and-depth-ignored"])("over gRPC: %s", (name) => {
    const { nodes, peer_graph } = recording(`grpc/${name}`).reply;
    const connections = Object.entries<{ connections: { to_id: string }[] }>(peer_graph).map(([from, list]) => [
      from,
      { connections: list.connections.map(({ to_id, ...rest }) => ({ toId: to_id, ...rest })) },
    ]);
    const topology = understood(parseGrpcTopology({ nodes, peerGraph: Object.fromEntries(connections) }));
    expect([...topology.nodes].map(([id, { memoryMb }]) => [id, memoryMb])).toEqual([
      ["a", 196_608],
      ["b", 131_072],
    ]);
    expect(topology.edges).toEqual([
      { from: "a", to: "b", description: "MAN" },
      { from: "b", to: "a", description: "MAN" },
    ]);
  });

  test("the active node is known while a prompt is worked on", () => {
    const { json } = recording("http/topology-studio-a").response;
    expect(understood(parseHttpTopology({ ...json, active_node_id: "studio-b" })).activeNodeId).toBe("studio-b");
  });
});

describe("recorded downloads", () => {
  test.each(["progress-on-downloading-node", "progress-seen-from-peer"])("%s", (name) => {
    const { json } = recording(`download/${name}`).response;
    const downloads = understood(parseDownloads(json));
    const [line] = Object.values<{ downloaded_bytes: number }>(json);
    expect([...downloads.values()]).toMatchObject([
      {
        modelId: "oss-120b",
        repo: "local/gpt-oss-120b-4bit",
        layers: { start: 0, end: 36 },
        modelLayers: 36,
        state: "in-progress",
        downloadedBytes: line?.downloaded_bytes,
        totalBytes: 50_333_982,
        totalFiles: 4,
      },
    ]);
  });

  test("a real assignment, both ends included at exo's", () => {
    const downloads = understood(parseDownloads(recording("grpc/forged-download-progress-over-http").response.json));
    expect(downloads.get("controller-test")?.layers).toEqual({ start: 0, end: 18 });
  });

  test.each(["http/download-progress-idle", "download/mlx-download-progress-while-hub-fails"])("none: %s", (name) => {
    expect(understood(parseDownloads(recording(name).response.json)).size).toBe(0);
  });

  test("complete is not believed when bytes are missing; layers beyond the model are no assignment", () => {
    const [event] = Object.values<Record<string, unknown>>(
      recording("download/progress-on-downloading-node").response.json,
    );
    expect(understood(parseDownloads({ a: { ...event, status: "complete" } })).get("a")?.state).toBe("unknown");
    const shard = { model_id: "m", start_layer: 0, end_layer: 36, n_layers: 36 };
    expect(parseDownloads({ a: { ...event, shard } })).toEqual({
      kind: "broken",
      problem: "shard: expected layers of the model",
    });
  });
});

test("models, health and quit", () => {
  const models = understood(parseModels(recording("http/models").response.json));
  expect(models).toHaveLength(73);
  expect(models).toContain("llama-3.2-1b");
  expect(parseHealth(recording("http/healthcheck").response.json).kind).toBe("value");
  expect(parseHealth({ status: "OK" }).kind).toBe("broken");
  expect(parseQuit(recording("http/quit").response.json).kind).toBe("value");
  expect(parseModels({ object: "list", data: [{ id: 1 }] }).kind).toBe("broken");
});

test("ids that could play tricks on a terminal are no ids; what is only shown loses them", () => {
  const { json } = recording("http/topology-studio-a").response;
  const nodes = { "studio-a": { ...json.nodes["studio-a"], model: "Mac\u001b[31m Studio" } };
  expect(understood(parseHttpTopology({ ...json, nodes })).nodes.get("studio-a")?.model).toBe("Mac [31m Studio");
  expect(parseHttpTopology({ ...json, nodes: { "a\u001b[2J": json.nodes["studio-a"] } }).kind).toBe("broken");
  expect(errorWords({ detail: "no\u001b[2J\nway" }, "")).toBe("no [2J way");
  expect(errorWords(undefined, "x".repeat(1_000))).toHaveLength(300);
  expect(errorWords({ error: "" }, "")).toBe("no explanation");
});
