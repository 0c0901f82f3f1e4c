import type { Usage } from "../exo/exo-types.js";
import type { GenerationListener } from "./generation.js";
import type { Sse } from "./sse.js";

const usageOf = (usage: Usage | null) =>
  usage && {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details.cached_tokens },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details.reasoning_tokens },
    total_tokens: usage.total_tokens,
  };
const outputText = (words: string) => ({ type: "output_text", text: words, annotations: [] });
const messageItem = (id: string, content: readonly object[], status: string) => ({
  ...{ type: "message", id: `item_${id}`, role: "assistant", content, status },
});
const reasoningItem = (id: string, thoughts: readonly string[], status: string) => ({
  ...{
    type: "reasoning",
    id: `rs_${id}`,
    summary: thoughts.map((one) => ({ type: "summary_text", text: one })),
    status,
  },
});
const responseOf = (
  id: string,
  model: string,
  status: string,
  output: readonly object[],
  words: string,
  usage: object | null,
) => ({
  ...{ id: `resp_${id}`, object: "response", created_at: Math.floor(Date.now() / 1_000), status, model, output },
  ...{ output_text: words, usage },
});
const outputOf = (id: string, words: string, thoughts: string | undefined) => [
  ...(thoughts === undefined ? [] : [reasoningItem(id, [thoughts], "completed")]),
  messageItem(id, [outputText(words)], "completed"),
];

/** OpenAI's events of a response, numbered from 1. It ends as completed whatever happened. */
export function tellResponse(
  out: Sse,
  id: string,
  model: string,
  print: (value: object) => string,
): GenerationListener {
  let number = 0;
  const send = (type: string, rest: object): void => {
    number += 1;
    out.write(`event: ${type}\ndata: ${print({ type, sequence_number: number, ...rest })}\n\n`);
  };
  let thoughts: string | undefined;
  let words: string | undefined;
  let usage: Usage | null = null;
  const begun = responseOf(id, model, "in_progress", [], "", null);
  send("response.created", { response: begun });
  send("response.in_progress", { response: begun });
  const part = (kind: "rs" | "item", at: object): object => ({
    ...{ item_id: `${kind}_${id}`, output_index: kind === "item" && thoughts !== undefined ? 1 : 0 },
    ...at,
  });
  const summary = (rest: object): object => part("rs", { summary_index: 0, ...rest });
  const piece = (rest: object): object => part("item", { content_index: 0, ...rest });
  const messageAt = (): number => (thoughts === undefined ? 0 : 1);
  const think = (token: string): void => {
    if (thoughts === undefined) {
      thoughts = "";
      send("response.output_item.added", { output_index: 0, item: reasoningItem(id, [], "in_progress") });
      send("response.reasoning_summary_part.added", summary({ part: { type: "summary_text", text: "" } }));
    }
    thoughts += token;
    send("response.reasoning_summary_text.delta", summary({ delta: token }));
  };
  const startWords = (): void => {
    if (words !== undefined) return;
    if (thoughts !== undefined) {
      send("response.reasoning_summary_text.done", summary({ text: thoughts }));
      send("response.reasoning_summary_part.done", summary({ part: { type: "summary_text", text: thoughts } }));
      send("response.output_item.done", { output_index: 0, item: reasoningItem(id, [thoughts], "completed") });
    }
    words = "";
    const item = messageItem(id, [outputText("")], "in_progress");
    send("response.output_item.added", { output_index: messageAt(), item });
    send("response.content_part.added", piece({ part: outputText("") }));
  };
  const end = (): void => {
    startWords();
    const all = words ?? "";
    send("response.output_text.done", piece({ text: all }));
    send("response.content_part.done", piece({ part: outputText(all) }));
    const item = messageItem(id, [outputText(all)], "completed");
    send("response.output_item.done", { output_index: messageAt(), item });
    const output = outputOf(id, all, thoughts);
    send("response.completed", { response: responseOf(id, model, "completed", output, all, usageOf(usage)) });
    out.end();
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "prefill") return;
      if (chunk.kind === "error") return end();
      ({ usage } = chunk);
      if (chunk.isThinking) think(chunk.text);
      else {
        startWords();
        words += chunk.text;
        send("response.output_text.delta", piece({ delta: chunk.text }));
      }
      if (chunk.finishReason !== null) end();
    },
    onSilentEnd: end,
  };
}

/** The whole answer. */
export const wholeResponse = (
  id: string,
  said: {
    readonly model: string;
    readonly content: string;
    readonly reasoning?: string | undefined;
    readonly usage: Usage | null;
  },
): object =>
  responseOf(
    id,
    said.model,
    "completed",
    outputOf(id, said.content, said.reasoning),
    said.content,
    usageOf(said.usage),
  );
