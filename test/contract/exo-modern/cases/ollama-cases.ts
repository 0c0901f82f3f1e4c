import { expect } from "vitest";
import type { ExoCase, ExoDriver } from "../exo-case.js";
import { expectCrash, expectError, expectNotFound } from "./expect-answer.js";

const nobody = "exoctl-contract/no-such-model";
const get = (path: string) => ({ method: "GET", path }) as const;
const post = (path: string, body: object) => ({ method: "POST", path, body }) as const;
const serving = (exo: ExoDriver): string => exo.facts.serving?.model ?? nobody;
const messages = [{ role: "user", content: "What is the capital of France?" }];
const options = { num_predict: 12 };

// biome-ignore lint/suspicious/noExplicitAny: lines of any shape
const linesOf = (text: string): any[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Ollama's API as exo speaks it, below `/ollama`. */
export const ollamaCases: readonly ExoCase[] = [
  {
    name: "ollama-version-is-no-version",
    async run(exo) {
      const version = exo.facts.release === "after 1.0.71" ? "1.0.0" : "exo v1.0";
      expect((await exo.call("version", get("/ollama/api/version"))).json).toEqual({ version });
      const head = await exo.call("head", { method: "HEAD", path: "/ollama/" });
      expect([head.status, head.text]).toEqual([200, ""]);
    },
  },
  {
    name: "ollama-tags-are-downloaded-models",
    async run(exo) {
      const downloaded = await exo.call("downloaded", get("/models?status=downloaded"));
      const tags = await exo.call("tags", get("/ollama/api/tags"));
      expect(tags.json.models.map(({ name }: { name: string }) => name).toSorted()).toEqual(
        downloaded.json.data.map(({ id }: { id: string }) => id).toSorted(),
      );
      for (const tag of tags.json.models)
        expect(tag).toMatchObject({ model: tag.name, size: expect.any(Number), details: { format: null } });
    },
  },
  {
    name: "ollama-running-models-are-instances",
    needs: "serving",
    async run(exo) {
      const { json } = await exo.call("ps", get("/ollama/api/ps"));
      expect(json.models).toContainEqual(expect.objectContaining({ name: serving(exo), model: serving(exo), size: 0 }));
    },
  },
  {
    name: "ollama-shows-a-card",
    async run(exo) {
      const { json } = await exo.call("show", post("/ollama/api/show", { model: exo.facts.model }));
      expect(json).toMatchObject({ modelfile: `FROM ${exo.facts.model}`, template: "{{ .Prompt }}" });
      const unnamed = await exo.call("unnamed", post("/ollama/api/show", {}));
      expectError(unnamed, 400, "Bad Request", /^name or model is required$/);
      const none = await exo.call("none", post("/ollama/api/show", { model: nobody }));
      expectNotFound(none, /^Model not found: exoctl-contract\/no-such-model$/);
    },
  },
  {
    name: "ollama-chat-with-a-model-that-does-not-run",
    async run(exo) {
      const none = await exo.call("chat", post("/ollama/api/chat", { model: nobody, messages }));
      expectNotFound(none, /^No instance found for model /);
      const generate = await exo.call("generate", post("/ollama/api/generate", { model: nobody, prompt: "hi" }));
      expectNotFound(generate, /^No instance found for model /);
      expectCrash(await exo.call("no-model", post("/ollama/api/chat", { messages })));
    },
  },
  {
    name: "ollama-chat",
    needs: "serving",
    async run(exo) {
      const body = { model: serving(exo), messages, options };
      const stream = await exo.call("stream", post("/ollama/api/chat", body));
      expect(stream.headers["content-type"]).toBe("application/x-ndjson");
      const lines = linesOf(stream.text);
      for (const line of lines) expect(line).toMatchObject({ model: serving(exo), message: { role: "assistant" } });
      expect(lines.map(({ done }) => done)).toEqual(lines.map((_, at) => at === lines.length - 1));
      expect(lines.at(-1)).toMatchObject({ done_reason: expect.stringMatching(/^(stop|length)$/) });
      const whole = await exo.call("whole", post("/ollama/api/chat", { ...body, stream: false }));
      expect(whole.json).toMatchObject({ message: { role: "assistant" }, done: true, eval_count: expect.any(Number) });
    },
  },
  {
    name: "ollama-generate",
    needs: "serving",
    async run(exo) {
      const body = { model: serving(exo), prompt: "What is the capital of France?", options };
      const stream = await exo.call("stream", post("/ollama/api/generate", body));
      const lines = linesOf(stream.text);
      for (const line of lines) expect(line).toMatchObject({ model: serving(exo), response: expect.any(String) });
      expect(lines.at(-1)).toMatchObject({ done: true, done_reason: expect.stringMatching(/^(stop|length)$/) });
      const whole = await exo.call("whole", post("/ollama/api/generate", { ...body, stream: false }));
      expect(whole.json).toMatchObject({ response: expect.any(String), done: true, eval_count: expect.any(Number) });
    },
  },
];
