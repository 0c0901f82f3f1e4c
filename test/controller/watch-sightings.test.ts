import { expect, test } from "vitest";
import { agentId } from "../../src/cluster/names.js";
import { watchSightings } from "../../src/controller/watch-sightings.js";
import type { FinderEvent, NodeFinder, Sighting } from "../../src/discover/node-finder.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { createTestLogger } from "../support/controller-house.js";

const own = agentId("agent-1");
const aSighting = (key: string, address: string, change: Partial<Sighting> = {}): Sighting => ({
  key,
  address,
  port: 8417,
  from: "mdns",
  agentId: own,
  ttlMs: 120_000,
  ...change,
});

/** A finder that reports what a test says. */
function aFinder(startError?: Error) {
  let report: (event: FinderEvent) => void = () => {};
  const log: string[] = [];
  const finder: NodeFinder = {
    start: async (to) => {
      log.push("start");
      if (startError !== undefined) throw startError;
      report = to;
    },
    close: async () => void log.push("close"),
  };
  return {
    finder,
    log,
    see: (sighting: Sighting) => report({ kind: "seen", sighting }),
    say: (e: FinderEvent) => report(e),
  };
}

async function aWatch() {
  const clock = createManualClock();
  const logger = createTestLogger();
  const found = aFinder();
  const watch = await watchSightings({ finders: [found.finder], clock, logger });
  return { clock, logger, watch, ...found };
}

test("hints of an agent: its own advertisements, proven ones first, then static hosts, and nobody else's", async () => {
  const { watch, see } = await aWatch();
  see(aSighting("a-forged", "10.0.0.66"));
  see(aSighting("real", "10.0.0.1"));
  see(aSighting("other", "10.0.0.2", { agentId: agentId("agent-2") }));
  see({ key: "host:1", address: "10.0.0.3", port: 1, from: "static", ttlMs: Number.POSITIVE_INFINITY });
  see(aSighting("anonymous", "10.0.0.4", { agentId: undefined } as never));
  const hosts = () => watch.hints(own).map(({ host }) => host);
  expect(hosts()).toEqual(["10.0.0.66", "10.0.0.1", "10.0.0.3"]);
  watch.verified(own, { host: "10.0.0.1", port: 8417 });
  expect(hosts()).toEqual(["10.0.0.1", "10.0.0.66", "10.0.0.3"]);
});

test("a proof at one address says nothing of another agent, port or address", async () => {
  const { watch, see } = await aWatch();
  see(aSighting("a", "10.0.0.1", { agentId: agentId("agent-2") }));
  see(aSighting("b", "10.0.0.2"));
  watch.verified(own, { host: "10.0.0.1", port: 8417 });
  watch.verified(own, { host: "10.0.0.2", port: 9999 });
  see(aSighting("0", "10.0.0.3"));
  expect(watch.hints(own).map(({ host }) => host)).toEqual(["10.0.0.3", "10.0.0.2"]);
});

test("a proven sighting outlasts a flood of forged ones", async () => {
  const { watch, see } = await aWatch();
  see(aSighting("real", "10.0.0.1"));
  watch.verified(own, { host: "10.0.0.1", port: 8417 });
  for (let index = 0; index < 1_000; index += 1) see(aSighting(`forged-${index}`, `10.1.${index >> 8}.${index & 255}`));
  expect(watch.hints(own)[0]).toEqual({ host: "10.0.0.1", port: 8417 });
  expect(watch.sightings().length).toBeLessThanOrEqual(256);
});

test("sightings expire by our own clock", async () => {
  const { watch, see, clock } = await aWatch();
  see(aSighting("real", "10.0.0.1"));
  await clock.advance(120_001);
  expect(watch.sightings()).toEqual([]);
});

test("trouble of a finder is logged", async () => {
  const { logger, say } = await aWatch();
  say({ kind: "trouble", message: "no interface" });
  expect(logger.lines).toEqual(["warn discovery is in trouble"]);
});

test("when one finder can't start, those that did are closed, and the reason is told", async () => {
  const [first, second] = [aFinder(), aFinder(new Error("no network"))];
  const options = { finders: [first.finder, second.finder], clock: createManualClock(), logger: createTestLogger() };
  await expect(watchSightings(options)).rejects.toThrow("no network");
  expect(first.log).toEqual(["start", "close"]);
});

test("closing closes every finder once", async () => {
  const { watch, log } = await aWatch();
  await Promise.all([watch.close(), watch.close()]);
  expect(log).toEqual(["start", "close"]);
});
