import { expect, test } from "vitest";
import { agentId } from "../../src/cluster/names.js";
import { listDiscovered, strangerHost } from "../../src/controller/list-discovered.js";
import type { Sighting } from "../../src/discover/node-finder.js";
import { aClusterView, aMember } from "../support/controller-house.js";
import { anAgent } from "../support/inventory-builders.js";

const aSighting = (key: string, change: Partial<Sighting> = {}): Sighting => ({
  key,
  address: "10.0.0.9",
  port: 8417,
  from: "mdns",
  ttlMs: 120_000,
  ...change,
});

test("an enrolled agent is usable when everything says so, and otherwise says why not", () => {
  const view = aClusterView(["one", "two"], {
    agents: [anAgent("one"), anAgent("two", { exo: { state: "stopped" } })],
  });
  const fleet = [
    { member: aMember("one"), address: { host: "10.0.0.1", port: 8417 } },
    { member: aMember("two", { lastAddress: { host: "fe80::1", port: 8417 } }) },
    { member: aMember("three"), trouble: "its key is not the enrolled one" },
    { member: aMember("four") },
  ];
  expect(listDiscovered([], fleet, view)).toEqual([
    { name: "one", address: "10.0.0.1:8417", kind: "agent", usable: true, why: "enrolled and ready" },
    { name: "two", address: "[fe80::1]:8417", kind: "agent", usable: false, why: "exo is not running on it" },
    { name: "three", address: "", kind: "agent", usable: false, why: "its key is not the enrolled one" },
    { name: "four", address: "", kind: "agent", usable: false, why: "it has not answered yet" },
  ]);
});

test("a sighting never makes anything usable, and enrolled agents are not listed twice", () => {
  const member = aMember("one");
  const sightings = [
    aSighting("by-id", { agentId: member.agentId }),
    aSighting("10.0.0.1:8417", { address: "10.0.0.1", from: "static" }),
    aSighting("stranger", { agentId: agentId("somebody") }),
  ];
  const fleet = [{ member, address: { host: "10.0.0.1", port: 8417 } }];
  const found = listDiscovered(sightings, fleet, undefined);
  expect(found.map((host) => [host.name, host.usable])).toEqual([
    ["one", false],
    ["stranger", false],
  ]);
  expect(found[1]?.why).toContain("exoctl token create");
});

test("an agent of another protocol version is told apart", () => {
  expect(strangerHost(aSighting("new", { protocolVersion: 99 })).why).toMatch(/protocol 99/);
});

test("exos without an agent are listed with their address and what they are", () => {
  const view = aClusterView(["one", "two"], { agents: [] });
  expect(listDiscovered([], [], view)).toEqual([
    { name: "one", address: "one.test:52415", kind: "exo", usable: true, why: "exo 1.0.71, ready" },
    { name: "two", address: "two.test:52415", kind: "exo", usable: true, why: "exo 1.0.71, ready" },
  ]);
  const mixed = listDiscovered([], [], aClusterView(["one", "two"], { agents: [anAgent("one")] }));
  expect(mixed).toEqual([expect.objectContaining({ name: "two", usable: false })]);
  expect(mixed[0]?.why).toContain("no exoctl agent");
});
