import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyFinderEvent,
  defaultKnownNodesLimits,
  type KnownNodes,
  listSightings,
  noKnownNodes,
  setStanding,
} from "../../src/discover/known-nodes.js";
import type { FinderEvent, Sighting } from "../../src/discover/node-finder.js";

const aSighting = (parts: Partial<Sighting> = {}): Sighting => ({
  key: "exo-1",
  address: "10.0.0.1",
  port: 8417,
  from: "mdns",
  ttlMs: 120_000,
  ...parts,
});
const seen = (parts: Partial<Sighting> = {}): FinderEvent => ({ kind: "seen", sighting: aSighting(parts) });
const apply = (nodes: KnownNodes, events: readonly (readonly [number, FinderEvent])[]): KnownNodes =>
  events.reduce((state, [at, event]) => applyFinderEvent(state, event, at), nodes);
const keys = (nodes: KnownNodes, now: number): string[] => listSightings(nodes, now).map((known) => known.sighting.key);

describe("known nodes", () => {
  test("expire at an absolute time, and being seen again moves it", () => {
    const once = apply(noKnownNodes, [[0, seen()]]);
    expect(keys(once, 119_999)).toEqual(["exo-1"]);
    expect(keys(once, 120_000)).toEqual([]);
    const twice = apply(once, [[60_000, seen()]]);
    expect(keys(twice, 179_999)).toEqual(["exo-1"]);
    expect(listSightings(twice, 60_000)[0]).toMatchObject({ firstSeenAt: 0, lastSeenAt: 60_000 });
  });

  test("a key is one whatever its case, and a new port replaces the old one", () => {
    const nodes = apply(noKnownNodes, [
      [0, seen({ key: "EXO-1" })],
      [1, seen({ port: 9000 })],
    ]);
    expect(listSightings(nodes, 1).map((known) => known.sighting.port)).toEqual([9000]);
  });

  test("a goodbye leaves one more second", () => {
    const nodes = apply(noKnownNodes, [
      [0, seen()],
      [10, { kind: "gone", key: "exo-1" }],
    ]);
    expect(keys(nodes, 1_009)).toEqual(["exo-1"]);
    expect(keys(nodes, 1_010)).toEqual([]);
  });

  test("a goodbye from elsewhere does not touch the real address", () => {
    const nodes = apply(noKnownNodes, [
      [0, seen()],
      [10, { kind: "gone", key: "exo-1", address: "10.0.0.66" }],
    ]);
    expect(keys(nodes, 100_000)).toEqual(["exo-1"]);
  });

  test("a forged address stands beside the real one, and the verified one comes first", () => {
    const real = apply(noKnownNodes, [[0, seen()]]);
    const verified = setStanding(real, aSighting(), "verified");
    const nodes = apply(verified, [[5, seen({ address: "10.0.0.66" })]]);
    expect(listSightings(nodes, 5).map((known) => [known.sighting.address, known.standing])).toEqual([
      ["10.0.0.1", "verified"],
      ["10.0.0.66", "unverified"],
    ]);
  });

  test("a port change takes the verification away", () => {
    const verified = setStanding(apply(noKnownNodes, [[0, seen()]]), aSighting(), "verified");
    const moved = apply(verified, [[1, seen({ port: 6666 })]]);
    expect(listSightings(moved, 1)[0]?.standing).toBe("unverified");
  });

  test("a thousand forged instances from one address leave 16 of them and every real one", () => {
    const real = apply(noKnownNodes, [[0, seen({ key: "real" })]]);
    const events = Array.from({ length: 1_000 }, (_, index): [number, FinderEvent] => [
      index + 1,
      seen({ key: `forged-${index}`, address: "10.0.0.66" }),
    ]);
    const nodes = apply(real, events);
    expect(nodes.sightings.size).toBe(17);
    expect(keys(nodes, 1_001)).toContain("real");
    expect(keys(nodes, 1_001)).toContain("forged-999");
  });

  test("verified sightings are never evicted, and when all are verified a newcomer is not taken in", () => {
    const limits = { ...defaultKnownNodesLimits, sightings: 2 };
    let nodes = noKnownNodes;
    for (const key of ["a", "b"]) {
      nodes = applyFinderEvent(nodes, seen({ key, address: `10.0.0.${key}` }), 0, limits);
      nodes = setStanding(nodes, aSighting({ key, address: `10.0.0.${key}` }), "verified");
    }
    expect(keys(applyFinderEvent(nodes, seen({ key: "c", address: "10.0.0.9" }), 1, limits), 1)).toEqual(["a", "b"]);
  });

  test("static hosts neither count nor give way", () => {
    const limits = { sightings: 1, perAddress: 1, perKey: 1 };
    let nodes = noKnownNodes;
    for (const port of [1, 2, 3])
      nodes = applyFinderEvent(nodes, seen({ key: `h:${port}`, from: "static", ttlMs: Infinity }), 0, limits);
    nodes = applyFinderEvent(nodes, seen(), 0, limits);
    expect(keys(nodes, Number.MAX_SAFE_INTEGER)).toEqual(["h:1", "h:2", "h:3"]);
    expect(keys(nodes, 1)).toHaveLength(4);
  });

  test("no sequence of events breaks a limit, and no event changes an earlier value", () => {
    const small = { sightings: 12, perAddress: 4, perKey: 2 };
    const event = fc.record({
      verb: fc.constantFrom("seen", "gone", "verify"),
      key: fc.integer({ min: 0, max: 30 }),
      address: fc.integer({ min: 0, max: 8 }),
      ttlMs: fc.integer({ min: 0, max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        let nodes = noKnownNodes;
        events.forEach(({ verb, key, address, ttlMs }, index) => {
          const sighting = aSighting({ key: `k${key}`, address: `10.0.0.${address}`, ttlMs });
          const before = nodes.sightings.size;
          const earlier = nodes;
          if (verb === "verify") nodes = setStanding(nodes, sighting, "verified");
          else
            nodes = applyFinderEvent(
              nodes,
              verb === "seen" ? { kind: "seen", sighting } : { kind: "gone", key: sighting.key },
              index * 10,
              small,
            );
          expect(earlier.sightings.size).toBe(before);
          const all = [...nodes.sightings.values()];
          expect(all.length).toBeLessThanOrEqual(12);
          for (const known of all) {
            expect(all.filter((other) => other.sighting.address === known.sighting.address).length).toBeLessThanOrEqual(
              4,
            );
            expect(all.filter((other) => other.sighting.key === known.sighting.key).length).toBeLessThanOrEqual(2);
          }
        });
      }),
    );
  });
});
