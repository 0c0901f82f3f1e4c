import { afterAll, beforeAll, describe, test } from "vitest";
import {
  agreesThroughAdapters,
  answersAsRecorded,
  chatsThroughAdapter,
  recordedCalls,
  rewriteCalls,
  streamsAsRecorded,
} from "./cases.js";
import type { ClassicTarget, TargetNode } from "./classic-target.js";
import { openLiveTarget } from "./live-target.js";
import { openReplayedTarget } from "./replayed-target.js";
import { openSimulatedTarget } from "./simulated-target.js";

/*
 * One set of cases for whatever has to answer as exo 0.0.15 does. What the recordings say is what the simulation must say, and what
 * the adapters must understand from both. `EXOCTL_CLASSIC_RING` adds a live ring (see live-target.ts).
 */
const live = process.env.EXOCTL_CLASSIC_RING;
const targets: readonly (readonly [string, () => ClassicTarget])[] = [
  ["recordings", openReplayedTarget],
  ["simulation", openSimulatedTarget],
  ...(live === undefined ? [] : [["live ring", () => openLiveTarget(live)] as const]),
];

describe.each(targets)("exo 0.0.15: %s", (_, open) => {
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

  test.each(target.setups)("the gpt- rule, %s", async (setup) => {
    const node = setup === "stock" ? nodes[0] : await target.single(setup);
    for (const name of rewriteCalls[setup]) await answersAsRecorded(node, `gpt-rewrite/${name}`);
  });
});
