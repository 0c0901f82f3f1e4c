import { expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/system/system-clock.js";
import type { HostPort } from "../../../src/config/host-port.js";
import type { ExoHintEvent, ExoHintSource } from "../../../src/discover/exo/exo-hints.js";
import type { ExoProbe, ProbeResult, ToldNode } from "../../../src/discover/exo/exo-probe.js";
import { type FindExosOptions, findExos } from "../../../src/discover/exo/find-exos.js";

const peer = { peerId: "12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3", endpoints: [] };
const libp2pAt = (address: string): ExoHintEvent => ({ kind: "libp2p", address, peer });

/** A source that reports at once, and knows whether it was closed. */
function aSource(...events: readonly ExoHintEvent[]) {
  const state = { closed: 0 };
  const source: ExoHintSource = {
    start: async (report) => {
      for (const event of events) report(event);
    },
    close: async () => {
      state.closed += 1;
    },
  };
  return { source, state };
}

/** Answers by host; everybody else is silent. */
function aProbe(answers: Readonly<Record<string, ProbeResult>> = {}) {
  const asked: HostPort[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const probe: ExoProbe = {
    ask: async (target) => {
      asked.push(target);
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return answers[target.host] ?? { kind: "silent", reason: "no-answer" };
    },
  };
  return { probe, asked, mostAtOnce: () => mostAtOnce };
}

const find = (options: Partial<FindExosOptions> & Pick<FindExosOptions, "probe">) =>
  findExos(
    { sources: [], seeds: [], apiPort: 52_415, listenMs: 0, clock: systemClock, ...options },
    new AbortController().signal,
  );

test("seeds and the senders of hints are asked, each once, at exo's port; IPv6 senders are not", async () => {
  const { probe, asked } = aProbe();
  const hello: ExoHintEvent = { kind: "hello", address: "fe80::1%en0", namespaceHash: "00" };
  const { source, state } = aSource(libp2pAt("10.0.0.2"), libp2pAt("10.0.0.2"), libp2pAt("10.0.0.1"), hello);
  const seeds = [{ target: { host: "10.0.0.1", port: 52_415 }, foundBy: "static" } as const];
  const material = await find({ probe, sources: [source], seeds });
  expect(asked).toEqual(["10.0.0.1", "10.0.0.2"].map((host) => ({ host, port: 52_415 })));
  expect(material.probed.map(({ foundBy }) => [...foundBy])).toEqual([["static", "libp2p-mdns"], ["libp2p-mdns"]]);
  expect(material.hints).toHaveLength(3);
  expect(state.closed).toBe(1);
});

test("members that an exo tells of are asked, but only at private addresses", async () => {
  const told = (nodeId: string, ...ips: readonly string[]): ToldNode => ({
    nodeId,
    interfaces: ips.map((ip) => ({ name: "en0", ip })),
  });
  const members = [told("a", "10.0.0.1"), told("b", "192.168.1.7", "169.254.1.1", "8.8.8.8", "fe80::1", "127.0.0.1")];
  const { probe, asked } = aProbe({
    "10.0.0.1": { kind: "exo-1.x", nodeId: "a", cluster: { members, reached: [] } },
  });
  await find({ probe, sources: [aSource(libp2pAt("10.0.0.1")).source] });
  expect(asked.map(({ host }) => host)).toEqual(["10.0.0.1", "192.168.1.7"]);
});

test("a flood of hints is bounded in questions, in memory and in what happens at the same time", async () => {
  const { probe, asked, mostAtOnce } = aProbe();
  const flood = Array.from({ length: 2_000 }, (_, index) => libp2pAt(`10.0.${Math.floor(index / 250)}.${index % 250}`));
  const { hints, troubles } = await find({ probe, sources: [aSource(...flood).source] });
  expect(asked.length).toBe(256);
  expect(hints.length).toBe(512);
  expect(mostAtOnce()).toBeLessThanOrEqual(16);
  expect(troubles).toHaveLength(1);
});

test("troubles are told once", async () => {
  const trouble: ExoHintEvent = { kind: "trouble", message: "no IPv6" };
  const { probe } = aProbe();
  expect((await find({ probe, sources: [aSource(trouble, trouble).source] })).troubles).toEqual(["no IPv6"]);
});

test("when it is cancelled, what was opened is closed", async () => {
  const { source, state } = aSource();
  const stop = new AbortController();
  const found = findExos(
    { sources: [source], seeds: [], probe: aProbe().probe, apiPort: 1, listenMs: 60_000, clock: systemClock },
    stop.signal,
  );
  stop.abort(new Error("enough"));
  await expect(found).rejects.toThrow("enough");
  expect(state.closed).toBe(1);
});
