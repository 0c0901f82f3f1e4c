import type { TaskParams } from "../exo/exo-types.js";
import {
  type Check,
  isRecord,
  list,
  literal,
  mapping,
  nullable,
  object,
  optional,
  required,
  text,
} from "../exo/strict-schema.js";
import { anyOf, looseFlag, looseFloat, looseInteger, record, stopWords, typed } from "./loose-checks.js";

const content = nullable(
  anyOf(text, typed("text", { text }), list(anyOf(typed("text", { text }), typed("image_url", { image_url: record })))),
);

const toolCall = object(
  {
    id: required(text),
    type: optional(literal("function"), "function"),
    function: required(object({ name: required(text), arguments: required(text) }, "ignore")),
  },
  "ignore",
);

const message = object(
  {
    role: required(literal("system", "user", "assistant", "developer", "tool", "function")),
    content: optional(content, null),
    reasoning_content: optional(nullable(text), null),
    name: optional(nullable(text), null),
    tool_calls: optional(nullable(list(toolCall)), null),
    tool_call_id: optional(nullable(text), null),
    function_call: optional(nullable(record), null),
  },
  "ignore",
);

const numbers = ["frequency_penalty", "presence_penalty", "temperature", "top_p", "min_p", "repetition_penalty"];
const integers = ["top_logprobs", "max_tokens", "n", "seed", "top_k", "repetition_context_size"];
const ignored = {
  logit_bias: mapping(looseInteger),
  response_format: record,
  stream_options: record,
  tools: list(record),
  tool_choice: anyOf(text, record),
  parallel_tool_calls: looseFlag,
  user: text,
};

/** The body of a chat request. Unknown fields are dropped without a word. */
export const chatCheck: Check = object(
  {
    model: required(text),
    messages: required(list(message)),
    stream: optional(looseFlag, false),
    stop: optional(nullable(stopWords), null),
    logprobs: optional(nullable(looseFlag), null),
    reasoning_effort: optional(nullable(literal("none", "minimal", "low", "medium", "high", "xhigh")), null),
    enable_thinking: optional(nullable(looseFlag), null),
    use_prefix_cache: optional(looseFlag, false),
    ...Object.fromEntries(numbers.map((name) => [name, optional(nullable(looseFloat), null)])),
    ...Object.fromEntries(integers.map((name) => [name, optional(nullable(looseInteger), null)])),
    ...Object.fromEntries(Object.entries(ignored).map(([name, check]) => [name, optional(nullable(check), null)])),
  },
  "ignore",
);

interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
  readonly reasoning_content: string | null;
  readonly tool_calls: readonly unknown[] | null;
}

/** A checked chat request. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly stop: string | readonly string[] | null;
  readonly max_tokens: number | null;
  readonly reasoning_effort: string | null;
  readonly enable_thinking: boolean | null;
  readonly [other: string]: unknown;
}

/** The words of a message: a text, or the texts of its parts. */
export function plainText(value: unknown): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  const parts = Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => (isRecord(part) && typeof part.text === "string" ? [part.text] : [])).join("\n");
}

const dropNulls = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));

const copied = [
  "temperature",
  "top_p",
  "top_k",
  "seed",
  "tools",
  "min_p",
  "repetition_penalty",
  "repetition_context_size",
];

/** exo's internal form of a chat request, as it stands in `/state` under `taskParams`. */
export function taskParamsOf(request: ChatRequest, bench: "bench" | "chat"): TaskParams {
  const said = request.messages.filter(
    ({ role, content: words, reasoning_content: reasons, tool_calls: calls }) =>
      role === "system" || words !== null || reasons !== null || calls !== null,
  );
  const system = said.filter(({ role }) => role === "system").map(({ content: words }) => plainText(words));
  const input = said
    .filter(({ role }) => ["user", "assistant", "developer"].includes(role))
    .map(({ role, content: words }) => ({ role, content: plainText(words) }));
  const { reasoning_effort: effort, enable_thinking: thinking } = request;
  return {
    model: request.model,
    input: input.length > 0 ? input : [{ role: "user", content: "" }],
    instructions: system.length > 0 && system.join("\n") !== "" ? system.join("\n") : null,
    max_output_tokens: request.max_tokens,
    stream: bench === "bench" ? false : request.stream,
    bench: bench === "bench",
    use_prefix_cache: bench === "bench" && request.use_prefix_cache === true,
    stop: request.stop,
    chat_template_messages: said.map((one) => dropNulls({ ...one, content: plainText(one.content) })),
    reasoning_effort: effort ?? (thinking === null ? null : thinking ? "medium" : "none"),
    enable_thinking: thinking ?? (effort === null ? null : effort !== "none"),
    logprobs: request.logprobs === true,
    top_logprobs: request.top_logprobs ?? null,
    presence_penalty: null,
    frequency_penalty: null,
    images: [],
    image_hashes: {},
    ...Object.fromEntries(copied.map((name) => [name, request[name] ?? null])),
  };
}

/** Fills in the card's sampling values where the request has none. */
export function withSamplingDefaults(
  params: TaskParams,
  defaults: Readonly<Record<string, unknown>> | undefined,
): TaskParams {
  const pairs: readonly (readonly [string, string])[] = [
    ["temperature", "temperature"],
    ["top_p", "topP"],
    ["top_k", "topK"],
    ["min_p", "minP"],
    ["repetition_penalty", "repetitionPenalty"],
    ["presence_penalty", "presencePenalty"],
    ["frequency_penalty", "frequencyPenalty"],
  ];
  return {
    ...params,
    ...Object.fromEntries(pairs.map(([name, key]) => [name, params[name] ?? defaults?.[key] ?? null])),
  };
}
