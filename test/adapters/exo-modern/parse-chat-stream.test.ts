import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createChatStreamReader } from "../../../src/adapters/exo-modern/parse-chat-stream.js";

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion", model: "m", choices: [{ index: 0, delta: { role: "assistant", ...delta }, finish_reason: finish }], usage: null })}\n\n`;

const answer = [
  ": keep-alive\n\n",
  ': prefill_progress {"PrefillProgressChunk":{"model":"m","processed_tokens":5,"total_tokens":9}}\n\n',
  chunk({ reasoning_content: "think" }),
  chunk({ content: "Pa" }),
  chunk({ content: "ris é" }),
  chunk({ content: "" }, "stop"),
  ": generation_stats {}\n\n",
  "data: [DONE]\n\n",
].join("");

test("an answer is read the same however it is cut into pieces", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (sizes) => {
      const reader = createChatStreamReader();
      let rest = answer;
      for (let turn = 0; rest !== ""; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        reader.feed(rest.slice(0, size));
        rest = rest.slice(size);
      }
      expect(reader.soFar()).toEqual({
        text: "Paris é",
        reasoning: "think",
        model: "m",
        finishReason: "stop",
        ended: true,
      });
    }),
  );
});

describe("what counts as progress", () => {
  const prefill = (done: number): string =>
    `: prefill_progress {"PrefillProgressChunk":{"model":"m","processed_tokens":${done},"total_tokens":9}}\n\n`;
  test.each<[string, string[], string]>([
    ["a keep-alive comment does not", [": keep-alive\n\n"], "quiet"],
    ["a token does", [chunk({ content: "a" })], "token"],
    ["a thought does", [chunk({ reasoning_content: "a" })], "token"],
    ["a chunk without words does not", [chunk({ content: "" })], "quiet"],
    ["work on the prompt does", [prefill(4)], "progress"],
    ["work on the prompt that stands still does not", [prefill(4), prefill(4)], "quiet"],
  ])("%s", (_, pieces, expected) => {
    const reader = createChatStreamReader();
    expect(pieces.map((piece) => reader.feed(piece)).at(-1)).toBe(expected);
  });
});

test("an error inside a 200 answer stays an error, whatever follows", () => {
  const reader = createChatStreamReader();
  reader.feed(chunk({ content: "half" }));
  reader.feed('data: {"error":{"message":"runner died","type":"InternalServerError","code":500}}\n\n');
  reader.feed(chunk({ content: " more" }, "stop"));
  reader.feed("data: [DONE]\n\n");
  expect(reader.soFar()).toMatchObject({ text: "half", error: "runner died", ended: true });
  expect(reader.soFar().finishReason).toBeUndefined();
});

test("lines that are no chat chunks are an error", () => {
  const reader = createChatStreamReader();
  reader.feed("data: <html>\n\n");
  expect(reader.soFar().error).toContain("not a chat chunk");
});
