import { expect, test } from "vitest";
import type { ExoVariant } from "../../../src/cluster/exo-variant.js";
import type { ExoHint, FoundBy } from "../../../src/discover/exo/exo-hints.js";
import type { ProbeResult, ToldCluster } from "../../../src/discover/exo/exo-probe.js";
import type { Probed } from "../../../src/discover/exo/find-exos.js";
import { gatherExos } from "../../../src/discover/exo/gather-exos.js";
import { namespaceHash } from "../../../src/discover/exo/namespace-hash.js";

const peerId = "12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3";
const zenohId = "5f2c9ae1d07b4c6688b1f0e2a3d4c5b6";
const variant = (label: string): ExoVariant => ({ label, cardFields: [], requiredCardFields: [] });

const probed = (host: string, result: ProbeResult, ...foundBy: readonly FoundBy[]): Probed => ({
  target: { host, port: 52_415 },
  foundBy: new Set(foundBy.length === 0 ? ["static"] : foundBy),
  result,
});

const modern = (nodeId: string, label: string, cluster?: ToldCluster): ProbeResult => ({
  kind: "exo-1.x",
  nodeId,
  variant: variant(label),
  ...(cluster === undefined ? {} : { cluster }),
});

const gather = (hints: readonly ExoHint[], list: readonly Probed[]) =>
  gatherExos({ hints, probed: list, troubles: [] });

const libp2p = (address: string, id = peerId): ExoHint => ({
  kind: "libp2p",
  address,
  peer: { peerId: id, endpoints: [{ host: address, port: 4_001 }] },
});

test("one exo at two addresses is one, named for its Mac, reached first by what others reach it by", () => {
  const cluster = {
    members: [{ nodeId: peerId, friendlyName: "studio-1", interfaces: [{ name: "en0", ip: "10.0.0.1" }] }],
    reached: [],
  };
  const { exos } = gather(
    [libp2p("10.0.0.1")],
    [
      probed("127.0.0.1", modern(peerId, "1.0.71", cluster), "this-machine"),
      probed("10.0.0.1", modern(peerId, "1.0.71")),
    ],
  );
  expect(exos).toMatchObject([
    {
      name: "studio-1",
      transport: "libp2p",
      variant: "1.0.71",
      api: [{ host: "10.0.0.1" }, { host: "127.0.0.1" }],
      foundBy: ["this-machine", "static", "libp2p-mdns"],
    },
  ]);
});

test("a libp2p program is exo only when its peer id is a node id", () => {
  const stranger = peerId.replace("WSX", "WSY");
  const found = gather(
    [libp2p("10.0.0.1"), libp2p("10.0.0.9", stranger)],
    [probed("10.0.0.1", modern(peerId, "1.0.70"))],
  );
  expect(found.exos).toHaveLength(1);
  expect(found.strangers).toEqual([{ peerId: stranger, address: "10.0.0.9" }]);
});

test("a member that an exo tells of is one although its API is silent", () => {
  const other = peerId.replace("WSX", "WSZ");
  const members = [peerId, other].map((nodeId) => ({ nodeId, interfaces: [] }));
  const { exos, strangers } = gather(
    [libp2p("10.0.0.2", other)],
    [probed("10.0.0.1", modern(peerId, "1.0.71", { members, reached: [] }))],
  );
  expect(exos).toMatchObject([{ nodeId: peerId }, { nodeId: other, api: [], foundBy: ["peer", "libp2p-mdns"] }]);
  expect(strangers).toEqual([]);
});

test("an answer to a hello names namespace and node; a hello alone is matched by the addresses that its node tells", () => {
  const other = "a81d3e77c2904f5bb6d2e9f011223344";
  const self = (nodeId: string, ip: string): ToldCluster => ({
    members: [{ nodeId, interfaces: [{ name: "en0", ip }] }],
    reached: [],
  });
  const { exos } = gather(
    [
      { kind: "whats-up", address: "fe80::1%en0", nodeId: zenohId, zenohPort: 52_414, namespace: "0.3.70" },
      { kind: "hello", address: "fe80::1%en0", namespaceHash: namespaceHash("0.3.70") },
      { kind: "hello", address: "fe80::2%en0", namespaceHash: namespaceHash("secret") },
      { kind: "hello", address: "fe80::3%en0", namespaceHash: namespaceHash("secret") },
    ],
    [
      probed("10.0.0.1", modern(zenohId, "after 1.0.71", self(zenohId, "fe80::1%en7"))),
      probed("10.0.0.2", modern(other, "after 1.0.71", self(other, "fe80::2%en0"))),
    ],
  );
  expect(exos).toMatchObject([
    { nodeId: zenohId, namespace: { kind: "named", name: "0.3.70" }, transport: "zenoh" },
    { nodeId: other, namespace: { kind: "hashed", hash: namespaceHash("secret") } },
    { name: "fe80::3%en0", api: [], namespace: { kind: "hashed", hash: namespaceHash("secret") } },
  ]);
  expect(exos).toHaveLength(3);
});

test("exo 0.0.x gets its id from its broadcast, and loopback is no second one", () => {
  const beacon = { nodeId: "old", grpcPort: 5_000, chip: "M2", interfaceType: "Ethernet" };
  const { exos } = gather(
    [{ kind: "beacon", address: "10.0.0.5", udpPort: 5_678, beacon }],
    [
      probed("127.0.0.1", { kind: "exo-0.0.x", nodeIds: ["old", "peer"] }, "this-machine"),
      probed("10.0.0.5", { kind: "exo-0.0.x", nodeIds: ["old", "peer"] }, "this-machine"),
      probed("10.0.0.6", { kind: "exo-0.0.x", nodeIds: ["alone"] }),
    ],
  );
  expect(exos).toMatchObject([
    {
      name: "old",
      nodeId: "old",
      udpPorts: [5_678],
      members: ["old", "peer"],
      foundBy: ["udp-beacon", "this-machine"],
    },
    { name: "alone", udpPorts: [] },
  ]);
  expect(exos).toHaveLength(2);
});

test("two Macs of one name are told apart by address", () => {
  const cluster = (nodeId: string): ToldCluster => ({
    members: [{ nodeId, friendlyName: "Mac Studio", interfaces: [] }],
    reached: [],
  });
  const { exos } = gather(
    [],
    ["one", "two"].map((id, index) => probed(`10.0.0.${index + 1}`, modern(id, "1.0.71", cluster(id)))),
  );
  expect(exos.map((exo) => exo.name)).toEqual(["Mac Studio (10.0.0.1)", "Mac Studio (10.0.0.2)"]);
});

test("silence is news only of hosts that somebody named", () => {
  const silent = { kind: "silent", reason: "refused" } as const;
  const { unanswered } = gather(
    [],
    [probed("10.0.0.1", silent, "option"), probed("10.0.0.2", silent), probed("10.0.0.3", { kind: "other" }, "option")],
  );
  expect(unanswered.map(({ target, reason }) => [target.host, reason])).toEqual([
    ["10.0.0.1", "refused"],
    ["10.0.0.3", "other"],
  ]);
});
