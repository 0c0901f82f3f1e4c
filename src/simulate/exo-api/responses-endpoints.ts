import type { Usage } from "../exo/exo-types.js";
import { anything, nullable, object, optional, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, type Route, readBody } from "./api-request.js";
import { chatText } from "./chat-json.js";
import { looseFlag, looseFloat, looseInteger, plainText, taskParamsOf } from "./chat-request.js";
import type { GenerationListener } from "./generation.js";
import { serveGeneration } from "./serve-generation.js";
import type { Sse } from "./sse.js";

const responsesCheck = object(
  {
    model: required(text),
    input: required((value, loc) => (Array.isArray(value) ? anything(value, loc) : text(value, loc))),
    instructions: optional(nullable(text), null),
    max_output_tokens: optional(nullable(looseInteger), null),
    temperature: optional(nullable(looseFloat), null),
    top_p: optional(nullable(looseFloat), null),
    stream: optional(looseFlag, false),
    reasoning: optional(anything, null),
    enable_thinking: optional(nullable(looseFlag), null),
    stop: optional(anything, null),
    seed: optional(nullable(looseInteger), null),
  },
  "ignore",
);

interface ResponsesRequest {
  readonly model: string;
  readonly input: string | readonly { readonly role?: string; readonly content?: unknown }[];
  readonly instructions: string | null;
  readonly max_output_tokens: number | null;
  readonly stream: boolean;
  readonly reasoning: { readonly effort?: string | null } | null;
  readonly enable_thinking: boolean | null;
  readonly stop: string | readonly string[] | null;
  readonly [other: string]: unknown;
}

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
function tellStream(out: Sse, id: string, model: string, print: (value: object) => string): GenerationListener {
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

async function responses(request: ApiRequest): Promise<void> {
  const body = readBody(request, responsesCheck) as ResponsesRequest;
  const { input, instructions, max_output_tokens: most, reasoning } = body;
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
  const told = items.flatMap(({ role, content = null }) =>
    role === undefined ? [] : [{ role, content, reasoning_content: null, tool_calls: null }],
  );
  const system = { role: "system", content: instructions, reasoning_content: null, tool_calls: null };
  const messages = instructions === null ? told : [system, ...told];
  const params = taskParamsOf(
    { ...body, messages, max_tokens: most, reasoning_effort: reasoning?.effort ?? null },
    "chat",
  );
  const print = (value: object): string => chatText(value, request.node.variant);
  const telling = {
    stream: (out: Sse, id: string) => tellStream(out, id, plainText(body.model), print),
    whole: (id: string, { model, content, reasoning: thoughts, usage }: Parameters<typeof wholeOf>[1]) =>
      wholeOf(id, { model, content, reasoning: thoughts, usage }),
  };
  await serveGeneration(request, params, telling, print);
}

const wholeOf = (
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

/** OpenAI's Responses API as exo speaks it. */
export const responsesRoutes: readonly Route[] = [{ method: "POST", path: "/v1/responses", endpoint: responses }];
