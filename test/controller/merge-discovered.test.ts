import { expect, test } from "vitest";
import { mergeDiscovered, type Surroundings } from "../../src/controller/merge-discovered.js";
import type { DiscoveredHost } from "../../src/controller/status-report.js";
import type { ExoFindings, FoundExo } from "../../src/discover/exo/found-exo.js";
import type { MacSighting } from "../../src/discover/macs/mac-sighting.js";
import { aClassicExo, aFoundExo, aZenohExo } from "../support/discovery-builders.js";

const anAgent = (name: string, address: string): DiscoveredHost => ({
  name,
  address,
  kind: "agent",
  usable: true,
  why: "enrolled and ready",
});

const around = (
  exos: readonly FoundExo[],
  more: Partial<ExoFindings> & { readonly macs?: readonly MacSighting[]; readonly depth?: "plain" | "deep" } = {},
): Surroundings => ({
  findings: { exos, strangers: more.strangers ?? [], unanswered: more.unanswered ?? [], troubles: [] },
  macs: more.macs ?? [],
  looked: { depth: more.depth ?? "plain", udpPorts: [5_678] },
});

const aMac = (label: string, address: string, model?: string): MacSighting => ({
  label,
  address,
  device: model === undefined ? {} : { model, macosMajor: 26 },
});

const merged = (listed: readonly DiscoveredHost[], surroundings: Surroundings): readonly DiscoveredHost[] =>
  mergeDiscovered(listed, surroundings, "nobody").hosts;

test("the exo of an agent's machine stands with the agent, in the agent's name", () => {
  const listed = [anAgent("one", "10.0.0.1:8417"), anAgent("two", "[fe80::2%en0]:8417")];
  const exos = [
    aFoundExo("Mac Studio", "10.0.0.1"),
    aFoundExo("Mac Studio (2)", "10.0.0.2", { addresses: ["10.0.0.2", "fe80::2%en0"] }),
  ];
  const hosts = merged(listed, around(exos));
  expect(hosts).toHaveLength(2);
  expect(hosts[0]).toMatchObject({ ...listed[0], generation: "1.x", variant: "1.0.71", nodeId: "id-Mac Studio" });
  expect(hosts[1]?.problems).toMatchObject([{ code: "libp2p-apart", exos: ["one", "two"] }]);
});

test("an exo without an agent is usable over its API alone, and says how", () => {
  const [host] = merged([], around([aFoundExo("studio", "10.0.0.1")]));
  expect(host).toMatchObject({ name: "studio", address: "10.0.0.1:52415", kind: "exo", usable: true });
  expect(host?.why).toContain("exoctl up --exo 10.0.0.1:52415");
  const asked = mergeDiscovered([], around([aFoundExo("studio", "10.0.0.1")]), "controller").hosts[0];
  expect(asked).toMatchObject({ usable: false, why: expect.stringContaining("exoctl token create") });
});

const hashed = { kind: "hashed", hash: "0102030405060708" } as const;
const { variant: _, ...old } = aFoundExo("old", "10.0.0.1");
const {
  nodeId: _id,
  members: _members,
  ...nameless
} = aZenohExo("fe80::9%en0", "10.0.0.9", {
  api: [],
  addresses: ["fe80::9%en0"],
  namespace: hashed,
});

test.each<[string, FoundExo, Partial<DiscoveredHost>]>([
  ["0.0.x", aClassicExo("a", "10.0.0.1"), { generation: "0.0.x", why: expect.stringContaining("install exo 1.x") }],
  ["one older than 1.0.68", old, { why: expect.stringContaining("older than 1.0.68") }],
  ["one without an API", aFoundExo("a", "10.0.0.1", { api: [] }), { why: expect.stringContaining("does not answer") }],
  ["one in another namespace", nameless, { address: "fe80::9%en0", namespace: "#0102030405060708" }],
])("%s is shown and not usable", (_, exo, expected) => {
  expect(merged([], around([exo]))).toEqual([expect.objectContaining({ kind: "exo", usable: false, ...expected })]);
});

test("hosts that were named and do not answer are shown, libp2p programs only on close looking", () => {
  const unanswered = [
    { target: { host: "10.0.0.7", port: 52_415 }, reason: "refused" as const },
    { target: { host: "10.0.0.1", port: 52_415 }, reason: "refused" as const },
  ];
  const strangers = [{ peerId: "12D3KooW", address: "10.0.0.8" }];
  const listed = [anAgent("one", "10.0.0.1:8417")];
  expect(merged(listed, around([], { unanswered, strangers })).map((host) => host.address)).toEqual([
    "10.0.0.1:8417",
    "10.0.0.7:52415",
  ]);
  const deep = merged(listed, around([], { unanswered, strangers, depth: "deep" }));
  expect(deep.at(-1)).toMatchObject({ address: "10.0.0.8", why: expect.stringContaining("not known to be exo") });
});

test("Mac Studios without an agent are candidates, with the line that lets them join", () => {
  const macs = [
    aMac("Alice's Studio", "169.254.3.1", "Mac15,14"),
    aMac("Alice's Studio", "10.0.0.3", "Mac15,14"),
    aMac("laptop", "10.0.0.4", "MacBookPro18,1"),
    aMac("linux", "10.0.0.5"),
    aMac("new", "10.0.0.6", "Mac99,1"),
  ];
  const { hosts, hiddenMachines } = mergeDiscovered([], around([], { macs }), "nobody");
  expect(hosts).toMatchObject([
    {
      name: "Alice's Studio",
      address: "10.0.0.3",
      kind: "mac",
      usable: false,
      macModel: "Mac15,14",
      macosMajor: 26,
      addresses: ["10.0.0.3", "169.254.3.1"],
    },
    { name: "new", macModel: "Mac99,1" },
  ]);
  expect(hosts[0]?.why).toBe(
    "Mac Studio (2025, M3 Ultra), macOS 26, no agent: `exoctl token create --for Alices-Studio` prints what to run on it",
  );
  expect(hiddenMachines).toBe(2);
  expect(mergeDiscovered([], around([], { macs, depth: "deep" }), "nobody").hosts).toHaveLength(4);
});

test("a Mac that is listed already is not listed again, and is not hidden either", () => {
  const macs = [aMac("one", "10.0.0.1", "Mac16,9"), aMac("two", "10.0.0.2", "Mac13,2"), aMac("one", "10.0.0.1")];
  const { hosts, hiddenMachines } = mergeDiscovered(
    [anAgent("one", "10.0.0.1:8417")],
    around([aFoundExo("exo", "10.0.0.2")], { macs }),
    "nobody",
  );
  expect(hosts.map(({ name, kind, macModel }) => [name, kind, macModel])).toEqual([
    ["one", "agent", "Mac16,9"],
    ["exo", "exo", "Mac13,2"],
  ]);
  expect(hosts[1]?.foundBy).toEqual(["libp2p-mdns", "ssh-mdns"]);
  expect(hiddenMachines).toBe(0);
});
