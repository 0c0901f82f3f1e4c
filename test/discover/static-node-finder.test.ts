import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FinderEvent } from "../../src/discover/node-finder.js";
import { createStaticNodeFinder, hostAndPort, parseStaticHost } from "../../src/discover/static-node-finder.js";

describe("parseStaticHost", () => {
  test.each([
    ["studio-1.local", "studio-1.local", 8417],
    ["10.0.0.11:9000", "10.0.0.11", 9000],
    [" 10.0.0.11 ", "10.0.0.11", 8417],
    ["[fe80::1%en0]:9000", "fe80::1%en0", 9000],
    ["[fd00::2]", "fd00::2", 8417],
    ["fd00::2", "fd00::2", 8417],
    ["::1", "::1", 8417],
  ])("reads %s", (text, address, port) => {
    expect(parseStaticHost(text)).toEqual({ address, port });
  });

  test.each([
    "",
    ":8417",
    "host:",
    "host:0",
    "host:65536",
    "host:http",
    "a b",
    "http://host",
    "[::1",
    "[host]:1",
    "a:b:c",
    "-x",
  ])("refuses %j with a hint", (text) => {
    expect(() => parseStaticHost(text)).toThrow(expect.objectContaining({ code: "bad_host", kind: "usage" }));
  });

  test("reads back what hostAndPort writes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
        expect(parseStaticHost(hostAndPort(address, port))).toEqual({ address, port });
      }),
    );
  });
});

describe("createStaticNodeFinder", () => {
  test("reports each host once, for ever", async () => {
    const events: FinderEvent[] = [];
    const finder = createStaticNodeFinder(["10.0.0.11", "[fd00::2]:9000"]);
    await finder.start((event) => events.push(event));
    await finder.close();
    expect(events).toEqual([
      {
        kind: "seen",
        sighting: { key: "10.0.0.11:8417", address: "10.0.0.11", port: 8417, from: "static", ttlMs: Infinity },
      },
      {
        kind: "seen",
        sighting: { key: "[fd00::2]:9000", address: "fd00::2", port: 9000, from: "static", ttlMs: Infinity },
      },
    ]);
  });

  test("a host that can't be read fails before anything starts", () => {
    expect(() => createStaticNodeFinder(["ok", "not ok"])).toThrow(expect.objectContaining({ code: "bad_host" }));
  });
});
