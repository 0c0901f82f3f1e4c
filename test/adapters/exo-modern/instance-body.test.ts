import { describe, expect, test } from "vitest";
import { instanceBody } from "../../../src/adapters/exo-modern/instance-body.js";
import type { InstanceSpec } from "../../../src/apply/exo-control.js";
import type { ExoVariant } from "../../../src/cluster/exo-variant.js";
import { exoNodeId, modelId } from "../../../src/cluster/names.js";
import { exoFixture, gptOssEntry, variant71, variantHead } from "../../support/exo-fixtures.js";

const cuts = [0, 20, 30, 36];
const nodes = [
  "5f2c9ae1d07b4c6688b1f0e2a3d4c5b6",
  "a81d3e77c2904f5bb6d2e9f011223344",
  "c3b7f1d2e4a5968778695a4b3c2d1e0f",
];
const ips = ["192.168.1.10", "192.168.1.11", "192.168.1.12", "192.168.1.13"];

/** The reference's example: three nodes with 20, 10 and 6 layers. */
const spec: InstanceSpec = {
  instanceId: "gptoss-20260701-a1",
  model: { ...gptOssEntry, modelId: modelId("mlx-community/gpt-oss-120b-MXFP4-Q8"), storageBytes: 70652212224 },
  shards: nodes.map((node, rank) => ({
    nodeId: exoNodeId(node),
    runnerId: `11111111-0000-4000-8000-00000000000${rank + 1}`,
    layers: { start: cuts[rank] ?? 0, end: cuts[rank + 1] ?? 0 },
  })),
  sharding: "pipeline",
  transport: { kind: "ring", port: 50123, addresses: nodes.map(() => ips.slice(0, 3)) },
};

const ring = (change: object): Partial<InstanceSpec> => ({
  transport: { kind: "ring", port: 50123, addresses: nodes.map(() => ips.slice(0, 3)), ...change },
});

/** Two nodes that share every layer over RDMA. */
const pair: InstanceSpec = {
  ...spec,
  sharding: "tensor",
  shards: spec.shards.slice(0, 2).map((shard) => ({ ...shard, layers: { start: 0, end: 36 } })),
  transport: {
    kind: "jaccl",
    port: 50124,
    interfaces: [
      ["", "rdma_en3"],
      ["rdma_en2", ""],
    ],
    coordinators: ["", "192.168.1.10"],
  },
};

/** Only what an exo requires. */
const bare = (variant: ExoVariant): ExoVariant => ({ ...variant, cardFields: variant.requiredCardFields });

/** Which computers a card may run on is ours to say. */
const withoutBackends = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (key, value: unknown) => (key === "backends" ? undefined : value));

test("equals the body that exo 1.0.71 is known to take", () => {
  expect(instanceBody(spec, bare(variant71))).toEqual(exoFixture("1.0.71/post-instance.json"));
});

test("equals the body that the newest exo is known to take", () => {
  const body = instanceBody(spec, bare(variantHead));
  expect(withoutBackends(body)).toEqual(withoutBackends(exoFixture("after-1.0.71/post-instance.json")));
  expect(JSON.stringify(body).match(/"backends":\["MlxMetal","MlxCpu"\]/g)).toHaveLength(3);
});

test("the card holds what this exo accepts and nothing else", () => {
  const keys = (variant: ExoVariant): string[] => {
    const found: string[] = [];
    JSON.stringify(instanceBody(spec, variant), (key, value: unknown) => {
      if (key === "modelCard") found.push(...Object.keys(value as object));
      return value;
    });
    return found;
  };
  expect(keys(variant71)).toContain("trustRemoteCode");
  expect(keys(variant71)).toContain("contextLength");
  expect(keys(variant71)).not.toContain("backends");
  expect(keys(variant71)).not.toContain("reasoningDialect");
  expect(keys(variantHead)).toContain("reasoningDialect");
});

test("an exo that wants a card field nobody knows is refused before anything is sent", () => {
  const newer = { ...variantHead, requiredCardFields: [...variantHead.requiredCardFields, "flux_capacitor"] };
  expect(() => instanceBody(spec, newer)).toThrow(/flux_capacitor/);
});

test("four nodes: ranks that are not neighbours get an address that leads nowhere", () => {
  const four: InstanceSpec = {
    ...spec,
    shards: [0, 9, 18, 27].map((start, rank) => ({
      nodeId: exoNodeId(`node-${rank}`),
      runnerId: `runner-${rank}`,
      layers: { start, end: start + 9 },
    })),
    ...ring({ addresses: ips.map(() => ips) }),
  };
  const body = instanceBody(four, variant71) as { instance: { MlxRingInstance: { hostsByNode: object } } };
  expect(body.instance.MlxRingInstance.hostsByNode).toMatchObject({
    "node-0": [
      { ip: "0.0.0.0", port: 50123 },
      { ip: ips[1], port: 50123 },
      { ip: "198.51.100.1", port: 0 },
      { ip: ips[3], port: 50123 },
    ],
    "node-1": [{ ip: ips[0] }, { ip: "0.0.0.0" }, { ip: ips[2] }, { ip: "198.51.100.1", port: 0 }],
  });
});

test("one node needs no addresses", () => {
  const [first] = spec.shards;
  const alone = {
    ...spec,
    shards: first === undefined ? [] : [{ ...first, layers: { start: 0, end: 36 } }],
    ...ring({ addresses: [] }),
  };
  expect(instanceBody(alone, variant71)).toMatchObject({
    instance: { MlxRingInstance: { hostsByNode: { [nodes[0] ?? ""]: [{ ip: "0.0.0.0", port: 50123 }] } } },
  });
});

describe("what exo would take without a word is refused here", () => {
  const changed = (index: number, change: object): Partial<InstanceSpec> => ({
    shards: spec.shards.map((shard, rank) => (rank === index ? { ...shard, ...change } : shard)),
  });
  test.each<[string, Partial<InstanceSpec>, RegExp]>([
    ["a gap between layers", changed(1, { layers: { start: 21, end: 30 } }), /do not cover 0-36/],
    ["overlapping layers", changed(1, { layers: { start: 19, end: 30 } }), /do not cover/],
    ["a shard without layers", changed(2, { layers: { start: 30, end: 30 } }), /do not cover/],
    ["layers that do not exist", changed(2, { layers: { start: 30, end: 37 } }), /do not cover/],
    ["layers against rank order", { shards: spec.shards.toReversed() }, /do not cover/],
    ["half a layer", changed(0, { layers: { start: 0, end: 20.5 } }), /do not cover/],
    ["no shards", { shards: [] }, /of no shard/],
    ["a node twice", changed(1, { nodeId: nodes[0] }), /a node has two shards/],
    ["a runner twice", changed(1, { runnerId: spec.shards[0]?.runnerId }), /runner id occurs twice/],
    ["an id with a slash", { instanceId: "a/b" }, /"a\/b"/],
    ["an empty runner id", changed(0, { runnerId: "" }), /id ""/],
    ["exo's own port", ring({ port: 52414 }), /52414/],
    ["a port that is no port", ring({ port: 70000 }), /70000/],
    [
      "an address by name",
      ring({ addresses: [["", "studio-2.local", ips[2] ?? ""], ips.slice(0, 3), ips.slice(0, 3)] }),
      /studio-2/,
    ],
    ["an IPv6 address", ring({ addresses: [["", "fe80::1", ips[2] ?? ""], ips.slice(0, 3), ips.slice(0, 3)] }), /fe80/],
    ["tensor parallelism over the ring", { sharding: "tensor" }, /over RDMA, not over the ring/],
    ["a missing row of addresses", ring({ addresses: [ips.slice(0, 3)] }), /one row and one column/],
  ])("%s", (_, change, message) => {
    expect(() => instanceBody({ ...spec, ...change }, variant71)).toThrow(message);
  });
});

test("a tensor pair: all layers on both ranks, RDMA interfaces by rank, and where the ranks meet", () => {
  const body = instanceBody(pair, variant71) as { instance: { MlxJacclInstance: Record<string, unknown> } };
  const { MlxJacclInstance: instance } = body.instance;
  const [one = "", other = ""] = nodes;
  expect(instance.jacclDevices).toEqual([
    [null, "rdma_en3"],
    ["rdma_en2", null],
  ]);
  expect(instance.jacclCoordinators).toEqual({ [one]: "0.0.0.0:50124", [other]: "192.168.1.10:50124" });
  const all = { deviceRank: 1, worldSize: 2, startLayer: 0, endLayer: 36, nLayers: 36 };
  expect(instance.shardAssignments).toMatchObject({
    runnerToShard: { [pair.shards[1]?.runnerId ?? ""]: { TensorShardMetadata: all } },
  });
  expect(Object.keys(body.instance)).toEqual(["MlxJacclInstance"]);
});

const rdma = (change: object): Partial<InstanceSpec> => ({
  transport: { ...(pair.transport as object), ...change } as InstanceSpec["transport"],
});

test.each<[string, Partial<InstanceSpec>, RegExp]>([
  ["half of the layers", { shards: spec.shards.slice(0, 2) }, /not all of 0-36/],
  ["one member", { shards: pair.shards.slice(0, 1) }, /not all of 0-36 on several ranks/],
  [
    "an interface without a name",
    rdma({
      interfaces: [
        ["", ""],
        ["rdma_en2", ""],
      ],
    }),
    /rank 0 has no interface to rank 1/,
  ],
  ["a missing row of interfaces", rdma({ interfaces: [["", "rdma_en3"]] }), /RDMA interfaces are not one row/],
  ["no way to rank 0", rdma({ coordinators: ["", "studio-1.local"] }), /rank 1 cannot reach rank 0/],
  ["exo's own port", rdma({ port: 52415 }), /52415/],
])("a tensor pair with %s is refused", (_, change, message) => {
  expect(() => instanceBody({ ...pair, ...change }, variant71)).toThrow(message);
});
