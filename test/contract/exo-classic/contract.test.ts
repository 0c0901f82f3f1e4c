import { afterAll, beforeAll, describe, test } from "vitest";
import {
  agreesThroughAdapters,
  answersAsRecorded,
  chatsThroughAdapter,
  recordedCalls,
  rewriteCalls,
  streamsAsRecorded,
} from "./cases.js";
import type { TargetNode } from "./classic-target.js";
import { openReplayedTarget } from "./replayed-target.js";
import { openSimulatedTarget } from "./simulated-target.js";

/*
 * One set of cases for whatever has to answer as exo 0.0.15 does. What the recordings say is what the simulation must say, and what
 * the adapters must understand from both.
 */
describe.each([
  ["recordings", openReplayedTarget],
  ["simulation", openSimulatedTarget],
])("exo 0.0.15: %s", (_, open) => {
  const target = open();
  let nodes: readonly [TargetNode, TargetNode, TargetNode];
  beforeAll(async () => {
    nodes = await target.ring();
  });
  afterAll(() => target.close());

  test.each(recordedCalls)("%s", (name) => answersAsRecorded(nodes[0], `http/${name}`));
  test("a chat through another node than the ring's first", () => answersAsRecorded(nodes[1], "http/chat-dummy-via-b"));
  test.each(["a", "b", "c"] as const)("topology of studio-%s", (letter) => {
    const at = ["a", "b", "c"].indexOf(letter);
    return answersAsRecorded(nodes[at] as TargetNode, `http/topology-studio-${letter}`);
  });
  test("a streamed chat, event by event", () => streamsAsRecorded(nodes[0]));
  test("the nodes agree on the recorded layers, over HTTP and over gRPC", () => agreesThroughAdapters(nodes));
  test("models, downloads and a chat through the adapter", () => chatsThroughAdapter(nodes[2]));

  test.each(Object.entries(rewriteCalls) as [keyof typeof rewriteCalls, readonly string[]][])(
    "the gpt- rule, %s",
    async (setup, names) => {
      const node = await target.single(setup);
      for (const name of names) await answersAsRecorded(node, `gpt-rewrite/${name}`);
    },
  );
});
