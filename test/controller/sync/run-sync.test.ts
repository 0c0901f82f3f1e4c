import { expect, test } from "vitest";
import { modelId, nodeName } from "../../../src/cluster/names.js";
import { runSync, type SyncRun } from "../../../src/controller/sync/run-sync.js";
import type { SyncNodes } from "../../../src/controller/sync/sync-nodes.js";
import { AgentRefusedError, AgentUnreachableError } from "../../../src/inventory/agent-link.js";
import type { FetchProgress } from "../../../src/models/sync/sync-report.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { Problem } from "../../../src/runtime/problem.js";
import { aLink, silence } from "../../support/controller-house.js";
import { realClock } from "../../support/real-clock.js";

const manifest = { modelId: modelId("lab/m"), pieceBytes: 2 ** 20, files: [] };
const away = new AgentUnreachableError("agent_unreachable", "it is away");
const done: FetchProgress = {
  phase: "done",
  outcome: "copied",
  doneBytes: 9,
  totalBytes: 9,
  keptBytes: 4,
  fetchedBytes: new Map([["seed", 5]]),
};

/** What each attempt to fetch on a node does: yields progress, or throws. The last one stays. */
type Attempts = readonly ((signal: AbortSignal) => AsyncIterable<FetchProgress>)[];

async function* doneAndServing(signal: AbortSignal): AsyncGenerator<FetchProgress> {
  yield done;
  await silence(signal);
}

/** A stream that fails before its first message. */
const failing = (error: Error) => (): AsyncIterable<FetchProgress> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
});

function aRun(attempts: Readonly<Record<string, Attempts>>) {
  const shared: string[] = [];
  const counts = new Map<string, number>();
  const nodes: SyncNodes = {
    look: () => Promise.reject(new Error("not in this test")),
    peer: () => {
      throw new Error("not in this test");
    },
    pinOf: (name) => `pin of ${name}`,
    link: (name) => {
      const own = attempts[name];
      return aLink(name, {
        sync: {
          ...aLink(name).sync,
          share: async function* ({ readers }, signal) {
            shared.push(...readers);
            yield 0;
            await silence(signal);
          },
          fetch: (_request, signal) => {
            const at = counts.get(name) ?? 0;
            counts.set(name, at + 1);
            return (own?.[Math.min(at, own.length - 1)] ?? failing(away))(signal);
          },
        },
      });
    },
  };
  const ended: string[] = [];
  const run: SyncRun = {
    manifest,
    sources: [nodeName("seed")],
    targets: Object.keys(attempts).map(nodeName),
    peersOf: () => [],
    bytesPerSec: undefined,
    nodes,
    clock: { now: realClock.now, sleep: (_ms, signal) => realClock.sleep(1, signal) },
    logger: silentLogger,
    onProgress: () => undefined,
    onEnd: ({ node }) => void ended.push(node),
  };
  return { run, shared, counts, ended };
}

const never = new AbortController().signal;

test("all targets fetch at the same time, and everything ends when the last one is done", async () => {
  const { run, shared, ended } = aRun({ one: [doneAndServing], two: [doneAndServing] });
  const results = await runSync(run, never);
  expect(shared).toEqual(["pin of one", "pin of two"]);
  expect(ended.toSorted()).toEqual(["one", "two"]);
  expect(results[0]).toMatchObject({ node: "one", outcome: "copied", keptBytes: 4, fetchedBytes: { seed: 5 } });
});

test("a target that breaks off is asked again; one that says no is not, and does not hold up the others", async () => {
  const no = new AgentRefusedError("not_possible", "its disk is full");
  const { run, counts } = aRun({
    flaky: [failing(away), failing(new Problem("unreachable", "x", "away")), doneAndServing],
    full: [failing(no)],
  });
  const results = await runSync(run, never);
  expect(results).toMatchObject([
    { node: "flaky", outcome: "copied" },
    { node: "full", outcome: "failed", problem: "its disk is full" },
  ]);
  expect([...counts.values()].toSorted()).toEqual([1, 3]);
});

test("an abort ends it for all, and no node is reported as failed", async () => {
  const stop = new AbortController();
  const { run, ended } = aRun({
    one: [
      async function* (signal) {
        yield { ...done, phase: "copying" };
        stop.abort(new Error("Ctrl-C"));
        await silence(signal);
      },
    ],
  });
  await expect(runSync(run, stop.signal)).rejects.toThrow("Ctrl-C");
  expect(ended).toEqual([]);
});
