import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseState } from "../../../src/adapters/exo-modern/parse-state.js";
import { exoNodeId } from "../../../src/cluster/names.js";
import type { ExoView } from "../../../src/inventory/exo-view.js";
import { instanceHealth } from "../../../src/inventory/instance-health.js";
import { exoFixture } from "../../support/exo-fixtures.js";

const studio = "5f2c9ae1d07b4c6688b1f0e2a3d4c5b6";
const laptop = "a81d3e77c2904f5bb6d2e9f011223344";
const seenAt = Date.parse("2026-07-01T10:15:30.120Z");

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same document with snake_case keys. Class names and ids stay. */
function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== "object" || value === null) return value;
  const rename = (key: string): string => (/^[a-z][A-Za-z]*$/.test(key) ? snake(key) : key);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), inSnakeCase(item)]));
}

const viewOf = (raw: unknown): ExoView => ({
  address: { host: "127.0.0.1", port: 52415 },
  nodeId: exoNodeId(studio),
  observation: { value: parseState(raw), at: seenAt, from: "exo" },
});

describe.each(["1.0.71", "after-1.0.71"])("the /state of exo %s", (version) => {
  const raw = exoFixture(`${version}/state.json`);

  test("tells instances with their shards in rank order and their runners", () => {
    const [instance] = parseState(raw).instances;
    expect(instance).toMatchObject({
      id: "gptoss-a1",
      modelId: "mlx-community/gpt-oss-120b-MXFP4-Q8",
      transport: "ring",
      sharding: "pipeline",
      modelLayers: 36,
      ports: [50123],
      shards: [
        { nodeId: studio, rank: 0, layers: { start: 0, end: 24 }, runner: "ready" },
        {
          nodeId: laptop,
          rank: 1,
          layers: { start: 24, end: 36 },
          runner: "loading",
          progress: { layersLoaded: 4, totalLayers: 12 },
        },
      ],
    });
  });

  test("leaves out RDMA of a node that has it switched off: exo lists the cable all the same", () => {
    const off = { ...(raw as object), nodeRdmaCtl: { [studio]: { enabled: false } } };
    const { edges, problems } = parseState(off);
    expect(edges.filter((edge) => edge.kind === "rdma")).toEqual([]);
    expect(edges.filter((edge) => edge.kind === "socket")).toHaveLength(4);
    expect(problems).toEqual([]);
  });

  test("tells nodes, edges and downloads", () => {
    const state = parseState(raw);
    expect(state).toMatchObject({ lastEventIndex: 29, problems: [] });
    expect(state.observeOnly).toBeUndefined();
    expect(state.peers[0]).toMatchObject({
      id: studio,
      friendlyName: "studio-1",
      chip: "Apple M3 Ultra",
      modelName: "Mac Studio",
      ramTotalBytes: 274877906944,
      ramAvailableBytes: 240518168576,
      lastSeenAt: seenAt,
      inTopology: true,
    });
    expect(state.edges).toContainEqual({ kind: "socket", from: studio, to: laptop, ip: "169.254.10.2" });
    expect(state.edges).toContainEqual({
      kind: "rdma",
      from: studio,
      to: laptop,
      sourceInterface: "rdma_en3",
      sinkInterface: "rdma_en2",
    });
    expect(state.edges).toHaveLength(6);
    expect(state.downloads).toEqual([
      {
        nodeId: studio,
        modelId: "mlx-community/gpt-oss-120b-MXFP4-Q8",
        state: "completed",
        totalBytes: 70652212224,
        downloadedBytes: 70652212224,
      },
      {
        nodeId: laptop,
        modelId: "mlx-community/gpt-oss-120b-MXFP4-Q8",
        state: "ongoing",
        totalBytes: 70652212224,
        downloadedBytes: 1048576,
      },
    ]);
  });

  test("means the same in snake_case", () => {
    expect(parseState(inSnakeCase(raw))).toEqual(parseState(raw));
  });
});

test("an exo with node profiles can only be watched", () => {
  const state = parseState({
    instances: {},
    runners: {},
    downloads: {},
    topology: { nodes: [{ nodeId: "a", nodeProfile: {} }], connections: [] },
    nodeProfiles: { a: { modelId: "Mac Studio" } },
    lastEventAppliedIdx: 3,
  });
  expect(state.observeOnly).toContain("only watched");
  expect(state.peers).toMatchObject([{ id: "a", inTopology: true }]);
});

test("a node that only other maps remember is not a member", () => {
  const raw = structuredClone(exoFixture("1.0.71/state.json")) as { topology: { nodes: string[] } };
  raw.topology.nodes = [studio];
  expect(parseState(raw).peers.map((peer) => [peer.id, peer.inTopology])).toEqual([
    [studio, true],
    [laptop, false],
  ]);
});

test("downloads of 1.0.64 to 1.0.67 name their bytes differently", () => {
  const raw = {
    downloads: {
      a: [
        {
          DownloadOngoing: {
            shardMetadata: { PipelineShardMetadata: { modelCard: { modelId: "o/m" } } },
            downloadProgress: { totalBytes: { inBytes: 10 }, downloadedBytes: { inBytes: 4 } },
          },
        },
      ],
    },
  };
  expect(parseState(raw).downloads).toMatchObject([{ state: "ongoing", totalBytes: 10, downloadedBytes: 4 }]);
});

type Tree = Record<string, unknown>;

/** The reference's example, all runners ready: healthy as it stands. */
const healthy = (): Tree => {
  const raw = structuredClone(exoFixture("after-1.0.71/state.json")) as Tree & { runners: Tree };
  for (const id of Object.keys(raw.runners)) raw.runners[id] = { RunnerReady: { prefillServerPort: null } };
  return raw;
};

const healthOf = (raw: unknown): string => {
  const view = viewOf(raw);
  const [instance] = view.observation.value.instances;
  return instance === undefined ? "absent" : instanceHealth(instance, view).state;
};

test("the undamaged document is healthy", () => {
  expect(healthOf(healthy())).toBe("ready");
});

test("any JSON at all is read without an exception and never as a healthy instance", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.constantFrom("instances", "runners", "topology", "downloads", "lastSeen"),
      (value, key) => {
        const raw = { ...healthy(), [key]: value };
        expect(parseState(value).instances.every((instance) => instance.shards.length === 0)).toBe(true);
        expect(["absent", "unknown", "starting", "failed", "ready"]).toContain(healthOf(raw));
        if (key !== "downloads") expect(healthOf(raw)).not.toBe("ready");
      },
    ),
    { numRuns: 200, seed: 7 },
  );
});

test("names that every object inherits are not taken for fields", () => {
  const raw = JSON.parse('{"__proto__":{"instances":{}},"constructor":1,"instances":{"toString":{"valueOf":{}}}}');
  expect(parseState(raw).instances).toMatchObject([{ id: "toString", shards: [] }]);
});
