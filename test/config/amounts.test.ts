import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHostPort } from "../../src/config/host-port.js";
import { nearestWord } from "../../src/config/nearest-word.js";
import { parseDuration } from "../../src/config/parse-duration.js";
import { parseSize } from "../../src/config/parse-size.js";
import type { Problem } from "../../src/runtime/problem.js";

test("sizes are decimal or binary by their unit", () => {
  const sizes = ["3GiB", "24GB", "1.5 GiB", "64KB", "0MiB", "2TiB"];
  expect(sizes.map(parseSize)).toEqual([3 * 2 ** 30, 24e9, 1.5 * 2 ** 30, 64e3, 0, 2 ** 41]);
  for (const text of ["3", "GiB", "3gib", "-1GiB", "1e3GB", "3 GiB "])
    expect(() => parseSize(text)).toThrow(RangeError);
});

test("durations have a unit", () => {
  expect(["500ms", "120s", "1.5m", "24h"].map(parseDuration)).toEqual([500, 120_000, 90_000, 86_400_000]);
  for (const text of ["120", "", "2 days", "-1s", "1s1s"]) {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ kind: "usage", code: "bad_duration" }) as Problem,
    );
  }
});

test("an address keeps its port or gets the default one", () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
      expect(parseHostPort(`${host}:${port}`, 1)).toEqual({ host, port });
      expect(parseHostPort(host, 1)).toEqual({ host, port: 1 });
    }),
  );
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
      expect(parseHostPort(`[${host}]:${port}`, 1)).toEqual({ host, port });
    }),
  );
  for (const text of ["", ":1", "a b", "::1", "a:65536", "http://a", "a/b", "-a"])
    expect(parseHostPort(text, 1)).toBeUndefined();
});

describe("a near match", () => {
  const words = ["latency", "bottleneck", "throughput"];

  test.each([
    ["latncy", "latency"],
    ["latenyc", "latency"],
    ["LATENCY", "latency"],
    ["throughtput", "throughput"],
    ["speed", undefined],
    ["", undefined],
    ["x".repeat(10_000), undefined],
  ])("of %s is %s", (word, expected) => {
    expect(nearestWord(word, words)).toBe(expected);
  });

  test("of a word in the list is the word itself", () => {
    for (const word of words) expect(nearestWord(word, words)).toBe(word);
  });
});
