import { list, literal, mapping, nullable, object, optional, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, type Route, readBody } from "./api-request.js";
import { plainText, taskParamsOf } from "./chat-request.js";
import type { GenerationListener } from "./generation.js";
import { anyOf, looseFlag, looseFloat, looseInteger, record, typed } from "./loose-checks.js";
import { type Gathered, serveGeneration } from "./serve-generation.js";
import type { Sse } from "./sse.js";

const textBlock = typed("text", { text });
const inside = nullable(anyOf(text, list(anyOf(textBlock, typed("image", { source: record })))));
const blocks = anyOf(
  textBlock,
  typed("image", { source: record }),
  typed("thinking", { thinking: text }),
  typed("tool_use", { id: text, name: text, input: record }),
  object(
    { type: optional(literal("tool_result"), null), tool_use_id: required(text), content: optional(inside, null) },
    "ignore",
  ),
);
const role = literal("user", "assistant");
const thinkingCheck = object(
  {
    type: required(literal("enabled", "disabled", "adaptive")),
    budget_tokens: optional(nullable(looseInteger), null),
  },
  "ignore",
);
const tool = object({ name: required(text), input_schema: required(record) }, "ignore");

const messagesCheck = object(
  {
    model: required(text),
    max_tokens: required(looseInteger),
    messages: required(list(object({ role: required(role), content: required(anyOf(text, list(blocks))) }, "ignore"))),
    system: optional(nullable(anyOf(text, list(textBlock))), null),
    stop_sequences: optional(nullable(list(text)), null),
    stream: optional(looseFlag, false),
    temperature: optional(nullable(looseFloat), null),
    top_p: optional(nullable(looseFloat), null),
    top_k: optional(nullable(looseInteger), null),
    tools: optional(nullable(list(tool)), null),
    metadata: optional(nullable(mapping(text)), null),
    thinking: optional(nullable(thinkingCheck), null),
  },
  "ignore",
);

interface MessagesRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly system: unknown;
  readonly stop_sequences: readonly string[] | null;
  readonly stream: boolean;
  readonly thinking: { readonly type?: string } | null;
  readonly [other: string]: unknown;
}

const stopReasons: Readonly<Record<string, string>> = { stop: "end_turn", length: "max_tokens" };
const stopReasonOf = (finishReason: string | null): string | null =>
  finishReason === null ? null : (stopReasons[finishReason] ?? "end_turn");

const head = (commandId: string, model: string) => ({
  id: `msg_${commandId}`,
  type: "message",
  role: "assistant",
  model,
});

/** Anthropic's events. An error looks like an end without a reason. */
function tellStream(out: Sse, commandId: string, model: string): GenerationListener {
  const send = (type: string, rest: object = {}): void =>
    out.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  let open: "thinking" | "text" | undefined;
  let index = -1;
  let tokens = 0;
  const { id, type, role } = head(commandId, model);
  const usage = { input_tokens: 0, output_tokens: 0 };
  const message = { id, type, role, content: [], model, stop_reason: null, stop_sequence: null, usage };
  send("message_start", { message });
  const closeBlock = (): void => {
    if (open !== undefined) send("content_block_stop", { index });
  };
  const openBlock = (kind: "thinking" | "text"): void => {
    closeBlock();
    open = kind;
    index += 1;
    const block = kind === "text" ? { type: "text", text: "" } : { type: "thinking", thinking: "", signature: null };
    send("content_block_start", { index, content_block: block });
  };
  const end = (stopReason: string | null): void => {
    if (open === undefined) openBlock("text");
    closeBlock();
    send("message_delta", {
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: tokens },
    });
    send("message_stop");
    out.end();
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "prefill") return;
      if (chunk.kind === "error") return end(null);
      const kind = chunk.isThinking ? "thinking" : "text";
      if (open !== kind) openBlock(kind);
      tokens = chunk.usage?.completion_tokens ?? tokens + 1;
      send("content_block_delta", { index, delta: { type: `${kind}_delta`, [kind]: chunk.text } });
      if (chunk.finishReason !== null) end(stopReasonOf(chunk.finishReason));
    },
    onSilentEnd: () => end(null),
  };
}

const wholeOf = (commandId: string, { model, content, reasoning, finishReason, usage }: Gathered) => {
  const thoughts = reasoning === undefined ? [] : [{ type: "thinking", thinking: reasoning, signature: null }];
  const words = content === "" && thoughts.length > 0 ? [] : [{ type: "text", text: content }];
  const { id, type, role } = head(commandId, model);
  return {
    ...{ id, type, role, content: [...thoughts, ...words], model },
    ...{ stop_reason: stopReasonOf(finishReason), stop_sequence: null },
    usage: { input_tokens: usage?.prompt_tokens ?? 0, output_tokens: usage?.completion_tokens ?? 0 },
  };
};

async function messages(request: ApiRequest): Promise<void> {
  const body = readBody(request, messagesCheck) as MessagesRequest;
  const { thinking, system, stop_sequences: stop } = body;
  const enable = thinking === null ? null : thinking.type === "enabled" || thinking.type === "adaptive";
  const told = body.messages.map(({ role, content }) => ({ role, content, reasoning_content: null, tool_calls: null }));
  const first = system === null ? [] : [{ role: "system", content: system, reasoning_content: null, tool_calls: null }];
  const chat = { ...body, messages: [...first, ...told], stop, reasoning_effort: null, enable_thinking: enable };
  const params = taskParamsOf(chat, "chat");
  const telling = {
    stream: (out: Sse, id: string) => tellStream(out, id, plainText(body.model)),
    whole: wholeOf,
  };
  await serveGeneration(request, params, telling, JSON.stringify);
}

/** Anthropic's Messages API as exo speaks it. */
export const messagesRoutes: readonly Route[] = [{ method: "POST", path: "/v1/messages", endpoint: messages }];
