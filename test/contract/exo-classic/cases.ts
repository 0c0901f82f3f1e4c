import { createParser } from "eventsource-parser";
import { expect } from "vitest";
import { openGrpcClassicPeer } from "../../../src/adapters/exo-classic/grpc-classic-peer.js";
import { openHttpClassicExo } from "../../../src/adapters/exo-classic/http-classic-exo.js";
import { judgeClassicRing } from "../../../src/inventory/classic-agreement.js";
import type { ClassicChatEvent } from "../../../src/inventory/classic-exo.js";
import { recordedText, recording } from "../../support/classic-recordings.js";
import { ask, plain, settled, type TargetNode } from "./classic-target.js";

const soon = (): AbortSignal => AbortSignal.timeout(10_000);
/** Far above what any answer takes, on a busy machine too. */
const deadlineMs = 8_000;
const timing = { firstTokenMs: 5_000, silenceMs: 5_000 };

/** Calls of one node, each with the recorded answer. */
export const recordedCalls = [
  "absent-metrics",
  "absent-state",
  "absent-v1-instances",
  "chat-bad-json",
  "chat-dummy",
  "chat-dummy-alias",
  "chat-gpt-oss-120b-before-entry",
  "chat-ignored-parameters",
  "chat-message-without-content",
  "chat-no-messages",
  "chat-no-model",
  "chat-unknown-model",
  "create-animation-missing-arg",
  "delete-model-not-on-disk",
  "delete-model-unknown",
  "download-known",
  "download-no-model",
  "download-progress-idle",
  "download-unknown",
  "download-wrong-engine",
  "healthcheck",
  "image-generations-unsupported",
  "initial-models-dummy",
  "modelpool-dummy",
  "models",
  "not-found",
  "root-head",
  "token-encode-dummy",
  "token-encode-gpt-name",
] as const;

/** Names of the `gpt-` rule, by setup. */
export const rewriteCalls = {
  stock: ["1-no-entry-ask-gpt-oss-120b"],
  "entry-added": [
    "2-entry-added-ask-gpt-oss-120b",
    "2-entry-added-ask-oss-120b",
    "2-entry-added-ask-unknown",
    "2-entry-added-initial-models",
  ],
  "entry-added-default-dummy": [
    "3-entry-added-default-dummy-ask-gpt-oss-120b",
    "3-entry-added-default-dummy-ask-oss-120b",
    "3-entry-added-default-dummy-ask-unknown",
  ],
  "entry-added-default-gpt-oss": [
    "4-entry-added-default-gpt-oss-ask-gpt-4o",
    "4-entry-added-default-gpt-oss-ask-gpt-oss-120b",
    "4-entry-added-default-gpt-oss-ask-oss-120b",
    "4-entry-added-default-gpt-oss-ask-unknown",
  ],
} as const;

/** The call again: status, type and content as recorded, but for ids and times. */
export async function answersAsRecorded({ api }: TargetNode, path: string): Promise<void> {
  const { request, response } = recording(path);
  const type = response.headers["content-type"];
  const text = response.json === undefined ? response.text : JSON.stringify(response.json);
  expect(await ask(api, request)).toEqual(plain(response.status, type, text));
}

const eventsIn = (text: string): readonly unknown[] => {
  const events: unknown[] = [];
  createParser({ onEvent: ({ data }) => events.push(settled(JSON.parse(data))) }).feed(text);
  return events;
};

/** A streamed answer: event for event as recorded, without an end mark. */
export async function streamsAsRecorded({ api }: TargetNode): Promise<void> {
  const body = { model: "dummy", messages: [{ role: "user", content: "hi" }], stream: true };
  const answer = await ask(api, { method: "POST", path: "/v1/chat/completions", body });
  const recorded = recordedText("http/chat-dummy-stream.sse");
  expect([answer.status, answer.type]).toEqual([200, "text/event-stream"]);
  expect(eventsIn(String(answer.body))).toEqual(eventsIn(recorded));
  expect(String(answer.body)).not.toContain("[DONE]");
}

/** Every node's topology through both adapters, and what follows from them. */
export async function agreesThroughAdapters(nodes: readonly TargetNode[]): Promise<void> {
  const { measured_mb, steady_state_per_node } = recording("partitions/manual-config-vs-measured");
  for (const open of [overHttp, overGrpc]) {
    const views = [];
    for (const node of nodes) views.push({ node: node.id, topology: await open(node) });
    for (const { topology } of views)
      expect(Object.fromEntries([...topology.nodes].map(([id, { memoryMb }]) => [id, memoryMb]))).toEqual(measured_mb);
    expect(views[0]?.topology.nodes.get("studio-c")).toMatchObject({
      model: "Mac Studio",
      chip: "Apple M4 Max",
      flops: { fp16: 36.07 },
    });
    const judged = judgeClassicRing(views, 36);
    const ranges =
      judged.kind === "agreed" ? judged.ring.map(({ layers }) => [layers.start, layers.end - 1]) : judged.problems;
    expect(ranges).toEqual(steady_state_per_node["studio-a"].shards);
  }
}

async function overHttp({ api }: TargetNode) {
  const exo = openHttpClassicExo({ address: api, deadlineMs });
  try {
    await exo.health(soon());
    return await exo.topology(soon());
  } finally {
    await exo.close();
  }
}

async function overGrpc({ grpc }: TargetNode) {
  const peer = openGrpcClassicPeer({ address: grpc, deadlineMs });
  try {
    await peer.health(soon());
    return await peer.topology(soon());
  } finally {
    await peer.close();
  }
}

/** Models, downloads and a chat through the adapter. */
export async function chatsThroughAdapter({ api }: TargetNode): Promise<void> {
  const exo = openHttpClassicExo({ address: api, deadlineMs });
  expect(await exo.models(soon())).toContain("llama-3.2-1b");
  expect((await exo.downloads(soon())).size).toBe(0);
  const events: ClassicChatEvent[] = [];
  const messages = [{ role: "user", content: "hi" }] as const;
  for await (const event of exo.chat({ model: "dummy", messages }, timing, soon())) events.push(event);
  expect(events.slice(0, -1)).toEqual(Array.from({ length: 10 }, () => ({ kind: "token", text: "dummy" })));
  expect(events.at(-1)).toMatchObject({ kind: "end", finishReason: "stop" });
  await exo.close();
}
