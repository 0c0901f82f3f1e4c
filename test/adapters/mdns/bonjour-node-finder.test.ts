import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { advertiseAgent } from "../../../src/adapters/mdns/bonjour-advertiser.js";
import { createBonjourNodeFinder } from "../../../src/adapters/mdns/bonjour-node-finder.js";
import { applyFinderEvent, listSightings, noKnownNodes } from "../../../src/discover/known-nodes.js";
import type { FinderEvent, Sighting } from "../../../src/discover/node-finder.js";
import { type Close, closeAll } from "../../../src/runtime/close-all.js";
import { openMdnsPeer, recordsOf, somePort } from "../../support/mdns-link.js";
import { realClock } from "../../support/real-clock.js";
import { waitUntil } from "../../support/wait-until.js";

const closers: Close[] = [];
afterEach(async () => {
  await closeAll(closers.splice(0))();
});

const id = (digit: number): string => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;
const pin = "A".repeat(43);

async function openFinder(mdnsPort: number) {
  const events: FinderEvent[] = [];
  const finder = createBonjourNodeFinder({
    serviceType: "exoctl-sim",
    interfaceAddress: "127.0.0.1",
    mdnsPort,
    clock: realClock,
  });
  await finder.start((event) => events.push(event));
  closers.push(finder.close);
  const sightings = (): Sighting[] => events.flatMap((event) => (event.kind === "seen" ? [event.sighting] : []));
  return {
    events,
    sightings,
    names: () => new Set(sightings().map((sighting) => sighting.key)),
    seen: (name: string) => waitUntil(() => sightings().some((sighting) => sighting.key === name), `${name} is seen`),
  };
}

async function advertise(mdnsPort: number, digit: number): Promise<Close> {
  const close = await advertiseAgent({
    serviceType: "exoctl-sim",
    instanceId: id(digit),
    port: 1_000 + digit,
    txt: { txtvers: "1", pv: "1", id: id(digit), fp: pin },
    interfaceAddress: "127.0.0.1",
    mdnsPort,
    clock: realClock,
    onTrouble: (message) => expect.fail(message),
  });
  closers.push(close);
  return close;
}

async function openPeer(mdnsPort: number, from?: "mdns-port" | "other-port") {
  const peer = await openMdnsPeer(mdnsPort, from);
  closers.push(peer.close);
  return peer;
}

describe("finding agents over real packets", () => {
  test("agents that start before and after the browser are seen, with address, port and claims", async () => {
    const mdnsPort = somePort();
    await advertise(mdnsPort, 1);
    const finder = await openFinder(mdnsPort);
    await finder.seen("exo-11111111");
    await advertise(mdnsPort, 2);
    await finder.seen("exo-22222222");
    expect(finder.sightings().find((sighting) => sighting.key === "exo-22222222")).toEqual({
      key: "exo-22222222",
      address: "127.0.0.1",
      port: 1_002,
      from: "mdns",
      agentId: id(2),
      fingerprint: pin,
      protocolVersion: 1,
      ttlMs: 120_000,
    });
  });

  test("an agent that closes says goodbye, and the others stay", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    await advertise(mdnsPort, 1);
    const close = await advertise(mdnsPort, 2);
    await finder.seen("exo-11111111");
    await finder.seen("exo-22222222");
    await close();
    await waitUntil(() => finder.events.some((event) => event.kind === "gone"), "a goodbye");
    expect(finder.events.filter((event) => event.kind === "gone")).toEqual([
      { kind: "gone", key: "exo-22222222", address: "127.0.0.1" },
    ]);
  });

  test("an agent that falls silent expires by its own time to live", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    const { ptr, srv, txt } = recordsOf("silent", { ttlSec: 30 });
    await peer.send(ptr, srv, txt);
    await finder.seen("silent");
    const known = finder.events.reduce((nodes, event) => applyFinderEvent(nodes, event, 1_000), noKnownNodes);
    expect(listSightings(known, 30_999)).toHaveLength(1);
    expect(listSightings(known, 31_000)).toHaveLength(0);
  });

  test("the time to live is the shorter one of PTR and SRV, and at most 75 minutes", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    const long = recordsOf("long", { ttlSec: 28_800 });
    await peer.send(long.ptr, long.srv, long.txt);
    await peer.send(recordsOf("mixed", { ttlSec: 28_800 }).ptr, recordsOf("mixed", { ttlSec: 50 }).srv);
    await finder.seen("long");
    await finder.seen("mixed");
    expect(finder.sightings().map((sighting) => [sighting.key, sighting.ttlMs])).toEqual([
      ["long", 4_500_000],
      ["mixed", 50_000],
    ]);
  });

  test("an instance that comes in parts is asked for, and found", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    const { ptr, srv, txt } = recordsOf("parts", { port: 4_321, txt: ["pv=3"] });
    peer.mdns.on("query", ({ questions = [] }) => {
      if (questions.some((question) => question.type === "SRV" && question.name === srv.name)) void peer.send(srv, txt);
    });
    await peer.send(ptr);
    await finder.seen("parts");
    expect(finder.sightings()[0]).toMatchObject({ port: 4_321, protocolVersion: 3, address: "127.0.0.1" });
  });

  test("a new port and new claims are noticed; a packet without TXT takes no claim away and ends nothing", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    const before = recordsOf("moving", { port: 1, txt: ["pv=1"] });
    await peer.send(before.ptr, before.srv, before.txt);
    const after = recordsOf("moving", { port: 2 });
    await peer.send(after.ptr, after.srv);
    const claims = recordsOf("moving", { port: 2, txt: ["pv=2"] });
    await peer.send(claims.ptr, claims.srv, claims.txt);
    await waitUntil(() => finder.sightings().length >= 3, "three reports");
    expect(finder.sightings().map((sighting) => [sighting.port, sighting.protocolVersion])).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
    ]);
  });

  test("dotted, spaced, long and UTF-8 instance names stay whole", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    for (const name of ["Studio A.2", "Büro Čapek 静か", "x".repeat(63)]) {
      const { ptr, srv, txt } = recordsOf(name);
      await peer.send(ptr, srv, txt);
      await finder.seen(name);
    }
  });

  test("other service types are none of ours", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    const foreign = "thing._exoctl._tcp.local";
    await peer.send(
      { type: "PTR", name: "_exoctl._tcp.local", ttl: 120, data: foreign },
      { type: "SRV", name: foreign, ttl: 120, data: { port: 1, target: "x.local" } },
    );
    const { ptr, srv } = recordsOf("last");
    await peer.send(ptr, srv);
    await finder.seen("last");
    expect(finder.names()).toEqual(new Set(["last"]));
  });
});

describe("a hostile link", () => {
  test("a response from another source port is ignored, whatever it claims", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const forger = await openPeer(mdnsPort, "other-port");
    const peer = await openPeer(mdnsPort);
    const forged = recordsOf("forged");
    await forger.send(forged.ptr, forged.srv, forged.txt);
    await forger.send(recordsOf("real", { ttlSec: 0 }).ptr);
    const { ptr, srv, txt } = recordsOf("real");
    await peer.send(ptr, srv, txt);
    await finder.seen("real");
    expect(finder.names()).toEqual(new Set(["real"]));
    expect(finder.events.filter((event) => event.kind === "gone")).toEqual([]);
  });

  test("a thousand forged instances leave at most 256 known, and the next real one is still found", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    for (let index = 0; index < 1_000; index += 1) {
      const { ptr, srv } = recordsOf(`forged-${index}`);
      await peer.send(ptr, srv);
      // One process sends and reads here: without a pause the socket's buffer overflows and most packets are lost unread.
      await setImmediate();
    }
    await finder.seen("forged-999");
    const { ptr, srv, txt } = recordsOf("real");
    await peer.send(ptr, srv, txt);
    await finder.seen("real");
    expect(finder.names().size).toBeGreaterThan(256);
    const limits = { sightings: 256, perAddress: 1_000, perKey: 4 };
    const known = finder.events.reduce((nodes, event) => applyFinderEvent(nodes, event, 0, limits), noKnownNodes);
    expect(known.sightings.size).toBeLessThanOrEqual(256);
    const bySource = finder.events.reduce((nodes, event) => applyFinderEvent(nodes, event, 0), noKnownNodes);
    expect(bySource.sightings.size).toBe(16);
  });

  test("garbage, truncated and oversize packets change nothing", async () => {
    const mdnsPort = somePort();
    const finder = await openFinder(mdnsPort);
    const peer = await openPeer(mdnsPort);
    await peer.raw(Buffer.from([0, 0, 0x84, 0]));
    await peer.raw(Buffer.concat([Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 9, 0, 0, 0, 0]), Buffer.alloc(40, 0xc0)]));
    await peer.raw(Buffer.concat([Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]), Buffer.alloc(9_100)]));
    for (let seed = 0; seed < 200; seed += 1)
      await peer.raw(
        Buffer.from(Array.from({ length: 12 + seed }, (_, at) => (at === 2 ? 0x84 : (seed * 31 + at * 7) & 0x3f))),
      );
    const { ptr, srv } = recordsOf("real");
    await peer.send(ptr, srv);
    await finder.seen("real");
    expect(finder.names()).toEqual(new Set(["real"]));
  });
});
