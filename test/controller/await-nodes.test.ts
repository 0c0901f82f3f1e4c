import { describe, expect, test } from "vitest";
import type { ClusterAccess, ClusterView } from "../../src/apply/cluster-access.js";
import { exoNodeId } from "../../src/cluster/names.js";
import { type AwaitNodesOptions, awaitNodes } from "../../src/controller/await-nodes.js";
import type { ProgressLine } from "../../src/controller/progress-line.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { aClusterView } from "../support/controller-house.js";
import { anAgent } from "../support/inventory-builders.js";

const starting = (name: string) => anAgent(name, { exo: { state: "starting" } });
const none: ClusterView = aClusterView([], { agents: [] });
const oneOfTwo = aClusterView(["one", "two"], { agents: [anAgent("one"), starting("two")] });
const both = aClusterView(["one", "two"]);
const unlinked = aClusterView(["one", "two"], { observation: { edges: [] } });

/** What each look shows, the last one for ever; and a clock that moves by itself while somebody sleeps. */
function someLooks(looks: readonly ClusterView[], options: Partial<AwaitNodesOptions> = {}) {
  const manual = createManualClock();
  const told: ProgressLine[] = [];
  let count = 0;
  const access: ClusterAccess = {
    observe: async (signal) => {
      signal.throwIfAborted();
      count += 1;
      return looks[Math.min(count, looks.length) - 1] ?? none;
    },
    agent: () => undefined,
    exo: () => undefined,
  };
  const clock = {
    now: manual.now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      await manual.advance(ms);
    },
  };
  const startedAt = clock.now();
  const run = (signal = new AbortController().signal): Promise<ClusterView> =>
    awaitNodes(
      {
        access,
        clock,
        report: (line) => told.push(line),
        members: () => ["one", "two"],
        exoTroubles: () => [],
        ...options,
      },
      signal,
    );
  return { run, told, looks: () => count, tookMs: () => clock.now() - startedAt };
}

describe("waiting for nodes", () => {
  test("ends as soon as all are ready and linked", async () => {
    const { run, looks } = someLooks([none, oneOfTwo, unlinked, both]);
    expect(await run()).toBe(both);
    expect(looks()).toBe(4);
  });

  test("also waits for a pair with RDMA where plans may use it, but not for ever", async () => {
    const rdma = (from: string, to: string) => ({
      kind: "rdma" as const,
      from: exoNodeId(`exo-of-${from}`),
      to: exoNodeId(`exo-of-${to}`),
      sourceInterface: "rdma_en3",
      sinkInterface: "rdma_en3",
    });
    const withEdges = (...edges: ReturnType<typeof rdma>[]): ClusterView => {
      const { inventory } = aClusterView(["one", "two"], { observation: { edges } });
      return { ...both, inventory: { ...both.inventory, links: [...both.inventory.links, ...inventory.links] } };
    };
    const paired = withEdges(rdma("one", "two"), rdma("two", "one"));
    const waiting = someLooks([both, withEdges(rdma("one", "two")), paired], { links: "rdma" });
    expect(await waiting.run()).toBe(paired);
    const without = someLooks([both], { links: "rdma" });
    expect(await without.run()).toBe(both);
    expect(without.tookMs()).toBe(15_000);
  });

  test("goes on with those that are ready once the others had their time", async () => {
    const { run, tookMs } = someLooks([none, oneOfTwo]);
    expect(await run()).toBe(oneOfTwo);
    expect(tookMs()).toBeGreaterThanOrEqual(15_000);
    expect(tookMs()).toBeLessThan(16_000);
  });

  test("goes on with what is ready when the time is over", async () => {
    const { run, tookMs } = someLooks([oneOfTwo], { waitMs: 2_000 });
    expect(await run()).toBe(oneOfTwo);
    expect(tookMs()).toBe(2_000);
  });

  test("a node that was ready and is not any more does not count", async () => {
    const gone = aClusterView(["one", "two"], { agents: [starting("one"), starting("two")] });
    const { run, tookMs } = someLooks([oneOfTwo, ...Array.from({ length: 100 }, () => gone), both]);
    expect(await run()).toBe(both);
    expect(tookMs()).toBe(101 * 200);
  });

  test("where it is known how many there will be, members do not matter", async () => {
    const { run, looks } = someLooks([oneOfTwo], { expected: 1 });
    expect(await run()).toBe(oneOfTwo);
    expect(looks()).toBe(1);
  });

  test("tells what it waits for, each thing once", async () => {
    const { run, told } = someLooks([none, none, oneOfTwo, oneOfTwo, unlinked, both]);
    await run();
    expect(told.map((line) => line.text)).toEqual([
      "one: its agent has not answered yet; two: its agent has not answered yet",
      "two: exo is still starting on it",
      "links between them are still being found",
    ]);
  });
});

describe("no node in time", () => {
  test("nobody enrolled: says how to enrol", async () => {
    const { run } = someLooks([none], { waitMs: 1_000, members: () => [] });
    await expect(run()).rejects.toMatchObject({
      kind: "unreachable",
      code: "no_nodes",
      message: "no node became ready: none is known",
      hint: expect.stringContaining("exoctl token create"),
    });
  });

  test("members that stay silent: says which", async () => {
    const { run } = someLooks([none], { waitMs: 0 });
    await expect(run()).rejects.toMatchObject({
      message: expect.stringContaining("two: its agent has not answered yet"),
      hint: expect.stringContaining("exoctl discover"),
    });
  });

  test("exos that do not answer: says which, and what to check", async () => {
    const exoTroubles = () => ["exo at 10.0.0.9:52415 did not answer"];
    const { run } = someLooks([none], { waitMs: 0, members: () => [], exoTroubles });
    await expect(run()).rejects.toMatchObject({
      message: expect.stringContaining("10.0.0.9:52415"),
      hint: expect.stringContaining("API port"),
    });
  });
});

test("abort ends the wait", async () => {
  const stop = new AbortController();
  const { run } = someLooks([none], { report: () => stop.abort(new Error("stopped")) });
  await expect(run(stop.signal)).rejects.toThrow("stopped");
});
