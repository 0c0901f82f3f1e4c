import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClassicPeerHandle } from "../../../src/simulate/classic/classic-peer.js";
import { classicTimes } from "../../../src/simulate/classic/classic-times.js";
import type { ConfiguredPeer } from "../../../src/simulate/classic/discovery-file.js";
import { createManualDiscovery } from "../../../src/simulate/classic/manual-discovery.js";

/*
 * What `discovery/manual-hot-reload.json` of the recordings saw on a running node, round by round.
 */

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-discovery-"));
});
afterEach(() => rm(root, { recursive: true }));

const flops = { fp32: 1, fp16: 2, int8: 4 };
const entry = (port: number, memory = 64) => ({
  address: "127.0.0.1",
  port,
  device_capabilities: { model: "m", chip: "c", memory, flops },
});

/** A discovery that looks once for each call of `round`, and peers that are healthy unless named. */
async function open() {
  const file = join(root, "discovery.json");
  const dead = new Set<number>();
  const closed: string[] = [];
  let written = 1_000_000;
  let next: () => void = () => {};
  let atPause: () => void = () => {};
  const createPeer = ({ id, port, machine }: ConfiguredPeer): ClassicPeerHandle & { port: number } => ({
    id,
    port,
    configured: machine,
    isHealthy: async () => !dead.has(port),
    close: () => closed.push(`${id}:${port}`),
    isConnected: () => true,
    connect: async () => {},
    topology: () => Promise.reject(new Error("not asked here")),
    prompt: async () => {},
    tensor: async () => {},
    result: async () => {},
    status: async () => {},
  });
  const clock = {
    now: () => 0,
    sleep: () => {
      atPause();
      return new Promise<void>((resolve) => {
        next = resolve;
      });
    },
  };
  const discovery = createManualDiscovery({ file, ownId: "a", times: classicTimes(1), clock, createPeer });
  const stop = new AbortController();
  const paused = () =>
    new Promise<void>((resolve) => {
      atPause = resolve;
    });
  const write = async (text: string, age: "newer" | "older" = "newer"): Promise<void> => {
    await writeFile(file, text);
    if (age === "newer") written += 10;
    await utimes(file, age === "newer" ? written : 1, age === "newer" ? written : 1);
  };
  let running: Promise<void> | undefined;
  const round = async (): Promise<readonly string[]> => {
    const seen = paused();
    if (running === undefined) running = discovery.run(stop.signal);
    else next();
    await seen;
    return discovery.peers().map((peer) => `${peer.id}:${"port" in peer ? peer.port : ""} ${peer.configured.memoryMb}`);
  };
  const end = async (): Promise<readonly string[]> => {
    stop.abort();
    next();
    await running;
    return closed;
  };
  return { write, round, dead, closed, end };
}

const peers = (list: Readonly<Record<string, unknown>>): string => JSON.stringify({ peers: list });

test("added and removed peers count at the next round; what is broken or older changes nothing", async () => {
  const { write, round, end } = await open();
  expect(await round()).toEqual([]); // no file at all
  await write(peers({ a: entry(1) }));
  expect(await round()).toEqual([]);
  await write(peers({ a: entry(1), b: entry(2) }));
  expect(await round()).toEqual(["b:2 64"]);
  await write("{not json");
  expect(await round()).toEqual(["b:2 64"]);
  await write(peers({ b: entry(2), c: entry(3) })); // its own id is missing
  expect(await round()).toEqual(["b:2 64"]);
  await write(peers({ a: entry(1), b: { address: "127.0.0.1", port: 2 } }));
  expect(await round()).toEqual(["b:2 64"]);
  await write(peers({ a: entry(1) }), "older");
  expect(await round()).toEqual(["b:2 64"]);
  await write(peers({ a: entry(1) }));
  expect(await round()).toEqual([]);
  expect(await end()).toEqual(["b:2"]);
});

test("a known peer keeps address and memory until it was dropped once", async () => {
  const { write, round, dead, closed, end } = await open();
  await write(peers({ a: entry(1), b: entry(2) }));
  expect(await round()).toEqual(["b:2 64"]);
  await write(peers({ a: entry(1), b: entry(5, 128) }));
  expect(await round()).toEqual(["b:2 64"]);
  dead.add(2);
  expect(await round()).toEqual([]);
  expect(closed).toEqual(["b:2"]);
  expect(await round()).toEqual(["b:5 128"]);
  dead.add(5);
  expect(await round()).toEqual([]);
  await end();
});
