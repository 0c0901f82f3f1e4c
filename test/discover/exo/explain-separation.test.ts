import { describe, expect, test } from "vitest";
import type { Looked } from "../../../src/discover/exo/explain-modern.js";
import { explainSeparation } from "../../../src/discover/exo/explain-separation.js";
import type { FoundExo } from "../../../src/discover/exo/found-exo.js";
import { aClassicExo, aFoundExo, aZenohExo } from "../../support/discovery-builders.js";

const deep: Looked = { depth: "deep", udpPorts: [5_678] };
const plain: Looked = { ...deep, depth: "plain" };
const codes = (exos: readonly FoundExo[], looked = deep): string[] =>
  explainSeparation(exos, looked).map((reason) => reason.code);

const both = { members: ["id-a", "id-b"], reached: ["id-a", "id-b"] };
/** As on a Mac: IPv6 on loopback and on tunnels says nothing about the network that the Macs share. */
const ipv4Only = [
  { name: "lo0", ip: "fe80::1%lo0" },
  { name: "en0", ip: "10.0.0.2" },
  { name: "utun0", ip: "fe80::2%utun0" },
];
const secret = { kind: "hashed", hash: "0102030405060708" } as const;

const cases: readonly (readonly [string, readonly FoundExo[], Looked, readonly string[]])[] = [
  ["nobody", [], deep, []],
  ["one alone", [aFoundExo("a", "10.0.0.1")], deep, []],
  ["two in one cluster", [aFoundExo("a", "10.0.0.1", both), aFoundExo("b", "10.0.0.2", both)], deep, []],
  [
    "members that never reached each other",
    [aFoundExo("a", "10.0.0.1", { ...both, reached: [] }), aFoundExo("b", "10.0.0.2", { ...both, reached: [] })],
    deep,
    ["no-connection"],
  ],
  ["0.0.x beside 1.x", [aClassicExo("a", "10.0.0.1"), aFoundExo("b", "10.0.0.2")], deep, ["generations"]],
  ["libp2p beside zenoh", [aFoundExo("a", "10.0.0.1"), aZenohExo("b", "10.0.0.2")], deep, ["transports"]],
  ["two libp2p clusters", [aFoundExo("a", "10.0.0.1"), aFoundExo("b", "10.0.0.2")], deep, ["libp2p-apart"]],
  [
    "two zenoh namespaces",
    [aZenohExo("a", "10.0.0.1"), aZenohExo("b", "10.0.0.2", { namespace: secret })],
    deep,
    ["namespaces"],
  ],
  [
    "one without IPv6",
    [aZenohExo("a", "10.0.0.1"), aZenohExo("b", "10.0.0.2", { interfaces: ipv4Only })],
    deep,
    ["no-ipv6"],
  ],
  [
    "zenoh, not looked at closely",
    [aZenohExo("a", "10.0.0.1"), aZenohExo("b", "10.0.0.2")],
    plain,
    ["namespace-unknown"],
  ],
  ["zenoh of one namespace", [aZenohExo("a", "10.0.0.1"), aZenohExo("b", "10.0.0.2")], deep, ["zenoh-apart"]],
  [
    "zenoh that nothing was heard of",
    [aZenohExo("a", "10.0.0.1"), withoutNamespace(aZenohExo("b", "10.0.0.2"))],
    deep,
    ["no-hello"],
  ],
  [
    "0.0.x that does not broadcast",
    [aClassicExo("a", "10.0.0.1"), aClassicExo("b", "10.0.0.2", { udpPorts: [] })],
    deep,
    ["classic-silent"],
  ],
  [
    "0.0.x on other ports",
    [aClassicExo("a", "10.0.0.1"), aClassicExo("b", "10.0.0.2", { udpPorts: [5_700] })],
    deep,
    ["classic-ports"],
  ],
  ["0.0.x on one port", [aClassicExo("a", "10.0.0.1"), aClassicExo("b", "10.0.0.2")], deep, ["classic-apart"]],
  [
    "one that does not know the other",
    [aFoundExo("a", "10.0.0.1"), aFoundExo("b", "10.0.0.2", both)],
    deep,
    ["one-sided"],
  ],
  [
    "a member without an API",
    [aFoundExo("a", "10.0.0.1", both), aFoundExo("b", "10.0.0.2", { ...both, api: [] })],
    deep,
    ["no-api"],
  ],
  [
    "an API that only this machine reaches",
    [aFoundExo("a", "127.0.0.1", { foundBy: ["this-machine"] })],
    deep,
    ["loopback-only"],
  ],
  [
    "one that tells its peers 127.0.0.1",
    [aFoundExo("a", "10.0.0.1", { endpoints: [{ host: "127.0.0.1", port: 4_001 }] })],
    deep,
    ["loopback-only"],
  ],
  [
    "other API ports",
    [
      aFoundExo("a", "10.0.0.1", both),
      aFoundExo("b", "10.0.0.2", { ...both, api: [{ host: "10.0.0.2", port: 52_500 }] }),
    ],
    deep,
    ["api-ports"],
  ],
];

function withoutNamespace({ namespace: _, ...exo }: FoundExo): FoundExo {
  return exo;
}

test.each(cases)("%s", (_, exos, looked, expected) => {
  expect(codes(exos, looked)).toEqual(expected);
  expect(codes(exos.toReversed(), looked)).toEqual(expected);
});

describe("what is said", () => {
  test("names who it is about, in words, and how to mend it", () => {
    const exos = [aZenohExo("attic", "10.0.0.1"), aZenohExo("cellar", "10.0.0.2", { namespace: secret })];
    const [reason] = explainSeparation(exos, deep);
    expect(reason).toEqual({
      code: "namespaces",
      exos: ["attic", "cellar"],
      message: 'attic speaks the namespace "0.3.70", cellar one that is not known here (0102030405060708)',
      fix: expect.stringContaining("--namespace"),
    });
  });

  test("every reason names only exos that were found, and has a message and a mend", () => {
    for (const [, exos, looked] of cases)
      for (const { exos: names, message, fix } of explainSeparation(exos, looked)) {
        expect(exos.map((exo) => exo.name)).toEqual(expect.arrayContaining([...names]));
        expect(message).toMatch(/\w.{20,}/);
        expect(fix).toMatch(/\.$/);
      }
  });

  test("a namespace cannot be seen where libp2p is spoken, and that is said", () => {
    const [reason] = explainSeparation([aFoundExo("a", "10.0.0.1"), aFoundExo("b", "10.0.0.2")], deep);
    expect(reason?.message).toContain("cannot be seen from outside");
  });

  test("many clusters apart do not say the same for each pair", () => {
    const many = Array.from({ length: 20 }, (_, index) => aFoundExo(`n${index}`, `10.0.0.${index + 1}`));
    expect(codes(many)).toHaveLength(7);
  });
});
