import { expect, test } from "vitest";
import { furtherExos } from "../../src/controller/further-exos.js";
import type { ExoEdge, ExoPeer } from "../../src/inventory/exo-state.js";
import { anObservation, aPeer, aView } from "../support/inventory-builders.js";

const named = [{ host: "10.0.0.1", port: 52415 }];
const edge = (to: string, ip: string): ExoEdge => ({
  kind: "socket",
  from: aPeer("one").id,
  to: aPeer(to).id,
  ip,
});
const viewOfOne = (edges: readonly ExoEdge[], peers: readonly ExoPeer[], host = "10.0.0.1") =>
  aView("one", anObservation([], { peers, edges }), { address: { host, port: 52415 } });

test("the other members of a named exo's cluster are found where somebody reached them", () => {
  const view = viewOfOne(
    [edge("two", "10.0.0.2"), edge("three", "10.0.0.3"), edge("three", "10.0.9.3")],
    [aPeer("one"), aPeer("two"), aPeer("three")],
  );
  expect(furtherExos([view], named)).toEqual([
    { host: "10.0.0.2", port: 52415 },
    { host: "10.0.0.3", port: 52415 },
  ]);
});

test("what was named is not found a second time", () => {
  const peers = [aPeer("one"), aPeer("two")];
  const one = viewOfOne([edge("two", "10.0.0.2")], peers);
  const two = aView("two", anObservation(["one", "two"]), { address: { host: "two.local", port: 52415 } });
  expect(furtherExos([one, two], [...named, { host: "two.local", port: 52415 }])).toEqual([]);
});

test("only named exos are believed, so that finding ends with the first step", () => {
  const found = aView("two", anObservation([], { peers: [aPeer("two"), aPeer("three")], edges: [edge("three", "x")] }));
  expect(furtherExos([found], named)).toEqual([]);
});

test("an exo on this machine leads nowhere, and nobody leads to this machine", () => {
  const peers = [aPeer("one"), aPeer("two", { interfaces: [{ name: "lo0", ip: "127.0.0.1", type: "unknown" }] })];
  const here = viewOfOne([edge("two", "10.0.0.2")], peers, "127.0.0.1");
  expect(furtherExos([here], [{ host: "127.0.0.1", port: 52415 }])).toEqual([]);
  expect(furtherExos([viewOfOne([], peers)], named)).toEqual([]);
});

test("members that exo has dropped, or reached nowhere, are not dialled", () => {
  const peers = [aPeer("one"), aPeer("two", { inTopology: false }), aPeer("three")];
  expect(furtherExos([viewOfOne([edge("two", "10.0.0.2")], peers)], named)).toEqual([]);
});
