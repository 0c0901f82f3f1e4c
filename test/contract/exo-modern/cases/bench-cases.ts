import { expect } from "vitest";
import { type ExoCase, has } from "../exo-case.js";
import { expectInvalid, expectNotFound, streamPieces } from "./expect-answer.js";

const nobody = "exoctl-contract/no-such-model";
const bench = (body: object) => ({ method: "POST", path: "/bench/chat/completions", body }) as const;
const messages = [{ role: "user", content: "hi" }];

/** exo's own benchmark. */
export const benchCases: readonly ExoCase[] = [
  {
    name: "bench-of-a-model-that-does-not-run",
    async run(exo) {
      expectNotFound(await exo.call("bench", bench({ model: nobody, messages })), /^No instance found for model /);
      expectInvalid(await exo.call("no-model", bench({ messages })), "missing", ["body", "model"]);
    },
  },
  {
    name: "bench-measures-itself",
    needs: "serving",
    async run(exo) {
      const request = bench({ model: exo.facts.serving?.model, messages, max_tokens: 8 });
      const { json, status } = await exo.call("bench", request);
      expect(status).toBe(200);
      expect(json).toMatchObject({
        object: "chat.completion",
        choices: [{ message: { role: "assistant", content: expect.any(String) }, finish_reason: "length" }],
        generation_stats: {
          prompt_tps: expect.any(Number),
          generation_tps: expect.any(Number),
          prompt_tokens: expect.any(Number),
          generation_tokens: 8,
          peak_memory_usage: { inBytes: expect.any(Number) },
        },
      });
      expect("power_usage" in json).toBe(has(exo.facts.release, "1.0.69"));
    },
  },
  {
    name: "bench-as-a-stream",
    since: "after 1.0.71",
    needs: "serving",
    async run(exo) {
      const request = bench({ model: exo.facts.serving?.model, messages, max_tokens: 4, stream: true });
      const { data, chunks } = streamPieces(await exo.call("bench", request));
      expect(data.at(-1)).toBe("[DONE]");
      expect(chunks.at(-1).choices[0].finish_reason).toBe("length");
    },
  },
];
