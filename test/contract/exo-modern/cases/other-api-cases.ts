import { expect } from "vitest";
import type { ExoCase, ExoDriver } from "../exo-case.js";
import { expectInvalid, expectNotFound, streamPieces } from "./expect-answer.js";

const nobody = "exoctl-contract/no-such-model";
const post = (path: string, body: object) => ({ method: "POST", path, body }) as const;
const serving = (exo: ExoDriver): string => exo.facts.serving?.model ?? nobody;
const question = [{ role: "user", content: "What is the capital of France?" }];
const messages = (exo: ExoDriver, rest: object = {}) =>
  post("/v1/messages", { model: serving(exo), max_tokens: 12, messages: question, ...rest });
const responses = (exo: ExoDriver, rest: object = {}) =>
  post("/v1/responses", {
    model: serving(exo),
    max_output_tokens: 12,
    input: "What is the capital of France?",
    ...rest,
  });

/** Anthropic's messages and OpenAI's responses as exo speaks them. */
export const otherApiCases: readonly ExoCase[] = [
  {
    name: "messages-with-a-model-that-does-not-run",
    async run(exo) {
      const body = { model: nobody, max_tokens: 12, messages: question };
      expectNotFound(await exo.call("whole", post("/v1/messages", body)), /^No instance found for model /);
      const stream = await exo.call("stream", post("/v1/messages", { ...body, stream: true }));
      expectNotFound(stream, /^No instance found for model /);
      const endless = await exo.call("no-limit", post("/v1/messages", { model: nobody, messages: question }));
      expectInvalid(endless, "missing", ["body", "max_tokens"]);
    },
  },
  {
    name: "messages-in-one-piece",
    needs: "serving",
    async run(exo) {
      const { json, status } = await exo.call("whole", messages(exo));
      expect(status).toBe(200);
      expect(json).toMatchObject({
        id: expect.stringMatching(/^msg_/),
        type: "message",
        role: "assistant",
        model: serving(exo),
        stop_reason: expect.stringMatching(/^(end_turn|max_tokens)$/),
        usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      });
      for (const block of json.content) expect(block.type).toMatch(/^(text|thinking)$/);
    },
  },
  {
    name: "messages-as-a-stream",
    needs: "serving",
    async run(exo) {
      const answer = await exo.call("stream", messages(exo, { stream: true }));
      const names = [...answer.text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
      expect(names.slice(0, 2)).toEqual(["message_start", "content_block_start"]);
      expect(names.slice(-3)).toEqual(["content_block_stop", "message_delta", "message_stop"]);
      const data = [...answer.text.matchAll(/^data: (.*)$/gm)].map(([, line]) => JSON.parse(line ?? ""));
      expect(data.map(({ type }) => type)).toEqual(names);
      expect(data[0].message).toMatchObject({ id: expect.stringMatching(/^msg_/), content: [], stop_reason: null });
      expect(data.at(-2)).toMatchObject({ delta: { stop_reason: expect.stringMatching(/^(end_turn|max_tokens)$/) } });
    },
  },
  {
    name: "responses-with-a-model-that-does-not-run",
    async run(exo) {
      const answer = await exo.call("whole", post("/v1/responses", { model: nobody, input: "hi" }));
      expectNotFound(answer, /^No instance found for model /);
      const empty = await exo.call("no-input", post("/v1/responses", { model: nobody }));
      expectInvalid(empty, "missing", ["body", "input"]);
    },
  },
  {
    name: "responses-in-one-piece",
    needs: "serving",
    async run(exo) {
      const { json, status } = await exo.call("whole", responses(exo));
      expect(status).toBe(200);
      expect(json).toMatchObject({
        id: expect.stringMatching(/^resp_/),
        object: "response",
        status: "completed",
        model: serving(exo),
        output_text: expect.any(String),
        usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      });
      expect(json.output.at(-1)).toMatchObject({ type: "message", role: "assistant" });
    },
  },
  {
    name: "responses-as-a-stream",
    needs: "serving",
    async run(exo) {
      const answer = await exo.call("stream", responses(exo, { stream: true }));
      const names = [...answer.text.matchAll(/^event: ([\w.]+)$/gm)].map(([, name]) => name);
      expect(names.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
      expect(names).toContain("response.output_text.delta");
      expect(names.at(-1)).toBe("response.completed");
      const data = [...answer.text.matchAll(/^data: (.*)$/gm)].map(([, line]) => JSON.parse(line ?? ""));
      expect(data.map(({ sequence_number: at }) => at)).toEqual(data.map((_, at) => at + 1));
      expect(streamPieces(answer).data).not.toContain("[DONE]");
    },
  },
];
