import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readClassicBeacon } from "../../../src/discover/exo/classic-beacon.js";
import { readHelloPacket, writeHello } from "../../../src/discover/exo/hello-packets.js";
import { type DnsRecord, readLibp2pAnswer } from "../../../src/discover/exo/libp2p-answer.js";
import { namespaceHash } from "../../../src/discover/exo/namespace-hash.js";
import { readClassicNodes, readCluster, readNodeId } from "../../../src/discover/exo/read-exo-answers.js";
import { aBeacon } from "../../support/discovery-builders.js";

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const hexDigits = (length: number) =>
  fc.uint8Array({ minLength: length / 2, maxLength: length / 2 }).map((bytes) => Buffer.from(bytes).toString("hex"));

test("namespaces hash as exo's do", () => {
  expect(["0.3.70", "0.3.69", "my-cluster"].map(namespaceHash)).toEqual([
    "6e2bf1dad2aa1268",
    "5050c046df1081f1",
    "3f528c37581799c7",
  ]);
});

test("packets of exo after 1.0.71 are read as they stand on the wire", () => {
  const hello = Buffer.from("45584f0001020304050607086e2bf1dad2aa1268", "hex");
  const whatsUp = Buffer.from("45584f010102030405060708b6c5d4a3e2f0b188664c7bd0e19a2c5fbecc", "hex");
  const nonce = "0102030405060708";
  expect(readHelloPacket(hello)).toEqual({ kind: "hello", nonce, namespaceHash: "6e2bf1dad2aa1268" });
  const nodeId = "5f2c9ae1d07b4c6688b1f0e2a3d4c5b6";
  expect(readHelloPacket(whatsUp)).toEqual({ kind: "whats-up", nonce, nodeId, zenohPort: 52_414 });
  expect(Buffer.from(writeHello(nonce, "6e2bf1dad2aa1268"))).toEqual(hello);
});

test("what is written as a hello is read as it, and nothing of another length is", () => {
  fc.assert(
    fc.property(hexDigits(16), hexDigits(16), fc.uint8Array({ minLength: 1, maxLength: 40 }), (nonce, hash, more) => {
      const packet = writeHello(nonce, hash);
      expect(readHelloPacket(packet)).toEqual({ kind: "hello", nonce, namespaceHash: hash });
      expect(readHelloPacket(Buffer.concat([packet, more]))).toBeUndefined();
    }),
  );
});

test("random datagrams are never read as anything, and never throw", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.concat([Buffer.from("EXO"), bytes])),
  );
  fc.assert(
    fc.property(anything, (bytes) => {
      const packet = readHelloPacket(bytes);
      if (packet?.kind === "whats-up") expect(packet.nodeId).toMatch(/^[1-9a-f][0-9a-f]{0,31}$/);
      if (packet !== undefined) expect(bytes.length).toBe(packet.kind === "hello" ? 20 : 30);
      expect(readClassicBeacon(bytes)).toBeUndefined();
    }),
  );
});

test("a recorded kind of broadcast is read, with fields that are not known passed over", () => {
  expect(readClassicBeacon(bytesOf({ ...aBeacon(), more: 1 }))).toEqual({
    nodeId: "studio-a",
    grpcPort: 51_316,
    chip: "Apple M2 Ultra",
    interfaceType: "Ethernet",
  });
});

test("a broadcast with any field missing or of another type is not exo's", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(aBeacon())), fc.jsonValue(), (key, value) => {
      const { [key]: original, ...others } = aBeacon();
      expect(readClassicBeacon(bytesOf(others))).toBeUndefined();
      if (typeof value !== typeof original || value === null || Array.isArray(value))
        expect(readClassicBeacon(bytesOf({ ...others, [key]: value }))).toBeUndefined();
    }),
  );
  expect(readClassicBeacon(bytesOf({ ...aBeacon(), interface_name: "x".repeat(5_000) }))).toBeUndefined();
});

const anyRecord: fc.Arbitrary<DnsRecord> = fc.record({
  name: fc.oneof(fc.string(), fc.constantFrom("_p2p._udp.local", "label")),
  type: fc.constantFrom("PTR", "TXT", "SRV", "A"),
  data: fc.oneof(
    fc.anything(),
    fc.constant("label"),
    fc.string().map((text) => [Buffer.from(`dnsaddr=${text}`)]),
    fc
      .tuple(fc.ipV4(), fc.nat(99_999), fc.string())
      .map(([ip, port, id]) => [Buffer.from(`dnsaddr=/ip4/${ip}/tcp/${port}/p2p/${id}`)]),
  ),
});

test("whatever a libp2p answer holds, only well-formed endpoints come out of it", () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 12 }), (records) => {
      for (const { peerId, endpoints } of readLibp2pAnswer(records)) {
        expect(peerId).toMatch(/^[1-9A-HJ-NP-Za-km-z]{40,70}$/);
        for (const { port } of endpoints) expect(port).toBeGreaterThan(0);
      }
    }),
  );
});

test("addresses under a label that no PTR names, and of other transports, are left out", () => {
  const peerId = "12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3";
  const text = (address: string): readonly Buffer[] => [Buffer.from(`dnsaddr=${address}/p2p/${peerId}`)];
  const records: readonly DnsRecord[] = [
    { name: "_P2P._udp.local", type: "PTR", data: "Label" },
    { name: "label", type: "TXT", data: text("/ip4/10.0.0.1/tcp/4001") },
    { name: "label", type: "TXT", data: text("/ip4/10.0.0.1/udp/4001/quic-v1") },
    { name: "label", type: "TXT", data: text("/ip6/fe80::1/tcp/4001") },
    { name: "label", type: "TXT", data: text("/ip4/10.0.0.999/tcp/4001") },
    { name: "other", type: "TXT", data: text("/ip4/10.0.0.2/tcp/4001") },
  ];
  expect(readLibp2pAnswer(records)).toEqual([{ peerId, endpoints: [{ host: "10.0.0.1", port: 4_001 }] }]);
});

const recorded = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../../fixtures/exo/${path}`, import.meta.url), "utf8")) as Record<string, unknown>;

test("a recorded state tells members, names, addresses and who reached whom", () => {
  const state = recorded("after-1.0.71/state.json");
  const parts = { topology: state.topology, nodeNetwork: state.nodeNetwork, nodeIdentities: state.nodeIdentities };
  const [one, other] = ["5f2c9ae1d07b4c6688b1f0e2a3d4c5b6", "a81d3e77c2904f5bb6d2e9f011223344"];
  expect(readCluster(parts)).toMatchObject({
    members: [
      { nodeId: one, interfaces: [{ name: "en0", ip: "192.168.1.10" }, { ip: "169.254.10.1" }] },
      { nodeId: other, interfaces: [{ name: "en0", ip: "192.168.1.11" }, { ip: "169.254.10.2" }] },
    ],
    reached: [
      { from: one, to: other },
      { from: other, to: one },
    ],
  });
});

test("a cable alone does not count as having reached somebody", () => {
  const cable = {
    nodes: ["a", "b"],
    connections: { a: { b: [{ sourceRdmaIface: "rdma_en2", sinkRdmaIface: "rdma_en3" }] } },
  };
  expect(readCluster({ topology: cable, nodeNetwork: null, nodeIdentities: [] })?.reached).toEqual([]);
});

test("whatever an HTTP API answers, reading it never throws", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (topology, nodeNetwork, nodeIdentities) => {
      readCluster({ topology, nodeNetwork, nodeIdentities });
      readCluster({ topology: { nodes: ["a", topology], connections: nodeNetwork }, nodeNetwork, nodeIdentities });
      readClassicNodes({ nodes: topology, peer_graph: nodeNetwork });
      expect(readNodeId(topology) ?? "x").toMatch(/^[\w.:-]+$/);
    }),
  );
});
