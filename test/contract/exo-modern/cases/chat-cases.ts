import { expect } from "vitest";
import { type ExoCallAnswer, type ExoCase, type ExoDriver, has } from "../exo-case.js";
import { expectInvalid, expectNoRoute, expectNotFound, streamPieces } from "./expect-answer.js";

const nobody = "exoctl-contract/no-such-model";
const chat = (body: object) => ({ method: "POST", path: "/v1/chat/completions", body }) as const;
const question = (exo: ExoDriver, rest: object = {}) =>
  chat({
    model: exo.facts.serving?.model ?? nobody,
    messages: [{ role: "user", content: "What is the capital of France?" }],
    max_tokens: 12,
    temperature: 0,
    ...rest,
  });

/** Names of fields that each release prints even when they are null; the newest leaves nulls out. */
const printed = (exo: ExoDriver, value: object): void => {
  const nulls = Object.entries(value).filter(([, item]) => item === null);
  if (exo.facts.release === "after 1.0.71") expect(nulls).toEqual([]);
};

/** A stream from its first comment to its end mark. @returns its comments, and how many tokens of the prompt exo remembered */
function expectStream(exo: ExoDriver, answer: ExoCallAnswer): { comments: readonly string[]; remembered: number } {
  const { chunks, data, comments } = streamPieces(answer);
  expect(answer).toMatchObject({ ending: "complete", headers: { "cache-control": "no-cache" } });
  expect(data.at(-1)).toBe("[DONE]");
  expect(chunks.length).toBeGreaterThan(0);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ id: chunks[0].id, object: "chat.completion", model: exo.facts.serving?.model });
    expect(chunk.choices[0]).toMatchObject({ index: 0, delta: { role: "assistant" } });
    printed(exo, chunk);
  }
  expect(chunks.map((chunk) => chunk.choices[0].finish_reason ?? null).slice(0, -1)).toEqual(
    chunks.slice(1).map(() => null),
  );
  expect(chunks.at(-1).choices[0].finish_reason).toMatch(/^(stop|length)$/);
  expect(chunks.at(-1).usage).toMatchObject({
    prompt_tokens: expect.any(Number),
    total_tokens: expect.any(Number),
  });
  for (const chunk of chunks.slice(0, -1)) expect(chunk.usage ?? null).toBeNull();
  expect(comments.includes("keep-alive")).toBe(has(exo.facts.release, "1.0.70"));
  expect(comments.some((line) => line.startsWith("generation_stats {"))).toBe(has(exo.facts.release, "1.0.69"));
  const { usage } = chunks.at(-1);
  return { comments, remembered: usage.prompt_tokens_details?.cached_tokens ?? 0 };
}

const expectPrefill = (comments: readonly string[]): void => {
  const prefill = comments.find((line) => line.startsWith("prefill_progress "));
  expect(JSON.parse(prefill?.slice(17) ?? "{}")).toMatchObject({
    PrefillProgressChunk: { processed_tokens: expect.any(Number), total_tokens: expect.any(Number) },
  });
};

/** OpenAI's chat completions as exo speaks them. */
export const chatCases: readonly ExoCase[] = [
  {
    name: "chat-with-a-model-that-does-not-run",
    async run(exo) {
      const body = { model: nobody, messages: [{ role: "user", content: "hi" }] };
      expectNotFound(
        await exo.call("whole", chat(body)),
        /^No instance found for model exoctl-contract\/no-such-model$/,
      );
      expectNotFound(await exo.call("stream", chat({ ...body, stream: true })), /^No instance found for model /);
    },
  },
  {
    name: "chat-with-a-body-that-does-not-fit",
    async run(exo) {
      const answer = await exo.call("no-model", chat({ messages: "x" }));
      expectInvalid(answer, "missing", ["body", "model"]);
      expectInvalid(answer, "list_type", ["body", "messages"]);
      const tokens = await exo.call("half-a-token", question(exo, { max_tokens: 1.5 }));
      expectInvalid(tokens, "int_from_float", ["body", "max_tokens"]);
      const role = await exo.call("role", chat({ model: nobody, messages: [{ role: "wizard", content: "hi" }] }));
      expectInvalid(role, "literal_error", ["body", "messages", "role"]);
    },
  },
  {
    name: "chat-stream",
    needs: "serving",
    async run(exo) {
      const { comments, remembered } = expectStream(exo, await exo.call("stream", question(exo, { stream: true })));
      if (remembered === 0) expectPrefill(comments);
    },
  },
  {
    // Of a prompt that exo remembers whole it reports no progress, so this one is not asked anywhere else.
    name: "chat-stream-of-a-new-prompt",
    needs: "serving",
    async run(exo) {
      const messages = [{ role: "user", content: "In one word: what is the capital of France?" }];
      expectPrefill(expectStream(exo, await exo.call("stream", question(exo, { messages, stream: true }))).comments);
    },
  },
  {
    name: "chat-in-one-piece",
    needs: "serving",
    async run(exo) {
      const { json, status } = await exo.call("whole", question(exo));
      expect(status).toBe(200);
      expect(json).toMatchObject({
        id: expect.stringMatching(/^[\w-]+$/),
        object: "chat.completion",
        model: exo.facts.serving?.model,
        choices: [
          { index: 0, message: { role: "assistant" }, finish_reason: expect.stringMatching(/^(stop|length)$/) },
        ],
        usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
      });
      printed(exo, json);
    },
  },
  {
    name: "chat-drops-fields-that-it-does-not-know",
    needs: "serving",
    async run(exo) {
      const rest = {
        max_tokens: null,
        max_completion_tokens: 1,
        n: 3,
        response_format: { type: "json_object" },
        stop: ["\n"],
      };
      const { json } = await exo.call("whole", question(exo, { ...rest, no_such_field: true }));
      expect(json.choices).toHaveLength(1);
    },
  },
  {
    name: "chat-stops-at-the-limit",
    needs: "serving",
    async run(exo) {
      const { json } = await exo.call("whole", question(exo, { max_tokens: 1 }));
      expect(json.choices[0].finish_reason).toMatch(/^(length|stop)$/);
      expect(json.usage.completion_tokens).toBe(1);
    },
  },
  {
    name: "cancelling-a-command-that-does-not-run",
    since: "1.0.69",
    async run(exo) {
      const answer = await exo.call("cancel", { method: "POST", path: "/v1/cancel/none" });
      expectNotFound(answer, /^Command not found or already completed$/);
    },
  },
  {
    name: "cancelling-is-no-route-yet",
    until: "1.0.68",
    async run(exo) {
      const answer = await exo.call("cancel", { method: "POST", path: "/v1/cancel/none" });
      expect([answer.status, answer.json]).toEqual([405, { detail: "Method Not Allowed" }]);
      expectNoRoute(await exo.call("get", { method: "GET", path: "/v1/cancel/none" }));
    },
  },
];
