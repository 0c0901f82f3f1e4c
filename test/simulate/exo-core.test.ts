import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { knownAnswer, tokensOf } from "../../src/simulate/exo/answer-text.js";
import { applyEvent } from "../../src/simulate/exo/apply-event.js";
import { compareCandidates } from "../../src/simulate/exo/election.js";
import type { ExoEvent } from "../../src/simulate/exo/exo-events.js";
import { emptyState } from "../../src/simulate/exo/exo-state.js";
import { createKeyedBackoff } from "../../src/simulate/exo/keyed-backoff.js";
import { layersByMemory } from "../../src/simulate/exo/place-instance.js";
import { parseStrictJson } from "../../src/simulate/exo/strict-schema.js";

describe("tokens and answers", () => {
  test("tokens joined are the text again", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => tokensOf(text).join("") === text));
  });

  test.each([
    ["What is 2+2?", "4"],
    ["Reply with exactly: READY", "READY"],
    ['Reply with exactly "all good".', "all good"],
    ["What is the capital of France?", "Paris"],
    ["Count to 3", "1, 2, 3"],
    ["How are you?", undefined],
  ])("%s", (prompt, answer) => {
    expect(knownAnswer(prompt)).toBe(answer);
  });
});

describe("folding events", () => {
  const node = "node-1";
  const gathered: ExoEvent = {
    type: "NodeGatheredInfo",
    nodeId: node,
    when: "2026-01-01T00:00:00.000000Z",
    info: { kind: "MiscData", friendlyName: "studio-1" },
  };

  test("any report puts a node into the topology; a time-out forgets all but its identity", () => {
    const seen = applyEvent(emptyState("1.0.71"), gathered);
    expect(seen).toMatchObject({
      lastEventAppliedIdx: 0,
      topology: { nodes: [node] },
      nodeIdentities: { [node]: { friendlyName: "studio-1", chipId: "Unknown" } },
    });
    const gone = applyEvent(seen, { type: "NodeTimedOut", nodeId: node });
    expect(gone).toMatchObject({ lastEventAppliedIdx: 1, topology: { nodes: [] }, lastSeen: {} });
    expect(gone.nodeIdentities[node]).toBeDefined();
  });

  test("a runner that has shut down leaves no entry", () => {
    const idle = applyEvent(emptyState("1.0.71"), {
      type: "RunnerStatusUpdated",
      runnerId: "r",
      runnerStatus: { RunnerIdle: {} },
    });
    expect(idle.runners).toEqual({ r: { RunnerIdle: {} } });
    expect(
      applyEvent(idle, { type: "RunnerStatusUpdated", runnerId: "r", runnerStatus: { RunnerShutdown: {} } }).runners,
    ).toEqual({});
  });
});

test("layers by memory: all of them, at least one each", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 8 }), (memory) => {
      const layers = layersByMemory(36, memory);
      expect(layers.reduce((sum, count) => sum + count, 0)).toBe(36);
      expect(Math.min(...layers)).toBeGreaterThanOrEqual(1);
    }),
  );
  expect(layersByMemory(36, [64, 64, 64])).toEqual([12, 12, 12]);
});

test("candidates: clock before seniority before commands before id", () => {
  const candidate = (clock: number, seniority: number, commandsSeen: number, masterNodeId: string) => ({
    clock,
    seniority,
    commandsSeen,
    proposedSession: { masterNodeId, electionClock: 0 },
  });
  expect(compareCandidates(candidate(2, 0, 0, "a"), candidate(1, 9, 9, "z"))).toBeGreaterThan(0);
  expect(compareCandidates(candidate(1, 3, 0, "a"), candidate(1, 2, 9, "z"))).toBeGreaterThan(0);
  expect(compareCandidates(candidate(1, 3, 1, "a"), candidate(1, 3, 0, "z"))).toBeGreaterThan(0);
  expect(compareCandidates(candidate(1, 3, 1, "a"), candidate(1, 3, 1, "b"))).toBeLessThan(0);
});

test("back-off doubles from 0.5 s and stops at 10 s", () => {
  let now = 0;
  const backoff = createKeyedBackoff(500, 10_000, () => now);
  const waits = [1, 2, 3, 4, 5, 6].map(() => {
    backoff.record("x");
    const from = now;
    while (!backoff.mayProceed("x")) now += 100;
    return now - from;
  });
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  backoff.reset("x");
  expect([backoff.mayProceed("x"), backoff.attempts("x")]).toEqual([true, 0]);
});

test("strict JSON is JSON, whatever is in its texts", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(() => parseStrictJson(json)).not.toThrow();
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (value) => {
      expect(JSON.stringify(parseStrictJson(JSON.stringify(value)))).toBe(JSON.stringify(value));
    }),
  );
});
