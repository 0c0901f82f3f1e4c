import { expect } from "vitest";
import type { ExoCase } from "../exo-case.js";
import { streamPieces } from "./expect-answer.js";

const post = (path: string, body: object) => ({ method: "POST", path, body }) as const;

/** What is seen of a runner that dies in mid-answer. They come last: not every release brings the instance back. */
export const failureCases: readonly ExoCase[] = [
  {
    name: "chat-error-inside-a-stream",
    // 1.0.68 tells nobody that a runner died: the stream stays open for ever.
    since: "1.0.69",
    needs: "breakable",
    async run(exo) {
      const body = { messages: [{ role: "user", content: "Count to 5000." }], max_tokens: 5_000, stream: true };
      await exo.untilServing?.();
      const broken = exo.breakServing?.();
      const { data, chunks } = streamPieces(
        await exo.call("stream", post("/v1/chat/completions", { model: exo.facts.serving?.model, ...body })),
      );
      await broken;
      expect(chunks.at(-1)).toEqual({
        error: expect.objectContaining({ message: expect.any(String), type: "InternalServerError", code: 500 }),
      });
      expect(data.at(-1)).toBe("[DONE]");
    },
  },
  {
    name: "messages-error-inside-a-stream-looks-like-an-end",
    // 1.0.69 does not start a failed runner again, so there is nobody to break a second time.
    since: "1.0.70",
    needs: "breakable",
    async run(exo) {
      const body = { max_tokens: 5_000, messages: [{ role: "user", content: "Count to 5000." }], stream: true };
      await exo.untilServing?.();
      const broken = exo.breakServing?.();
      const answer = await exo.call("stream", post("/v1/messages", { model: exo.facts.serving?.model, ...body }));
      await broken;
      expect(answer.text).toContain('"stop_reason":null,"stop_sequence":null}');
      expect(answer.text.trimEnd().endsWith('data: {"type":"message_stop"}')).toBe(true);
    },
  },
];
