import { z } from "zod";

const toolCallDelta = z.looseObject({
  index: z.int().nullish(),
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }),
});

const choice = z.looseObject({
  delta: z.looseObject({
    content: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(toolCallDelta).nullish(),
  }),
  logprobs: z.unknown().optional(),
  finish_reason: z.string().nullish(),
});

const usage = z.looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() });

const chunkSchema = z.looseObject({
  choices: z.array(choice),
  usage: usage.nullish(),
});

const errorSchema = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** Token counts as exo reports them, with its details. */
export type Usage = z.infer<typeof usage>;

/** A tool call as OpenAI writes it in a stream. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type: "function";
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** What one chunk of exo's stream says. Absent and `null` are the same: exo's versions differ in which they print. */
export interface UpstreamChunk {
  readonly content?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallDelta[];
  readonly logprobs?: object;
  readonly finishReason?: string;
  readonly usage?: Usage;
}

export type ParsedChunk =
  | { readonly kind: "chunk"; readonly chunk: UpstreamChunk }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "malformed" };

/** Reads the data of one event of exo's stream. */
export function parseUpstreamChunk(json: string): ParsedChunk {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    // What a broken stream left; it may be a piece of an answer, so nothing is quoted.
    return { kind: "malformed" };
  }
  const failed = errorSchema.safeParse(raw);
  if (failed.success) return { kind: "error", message: failed.data.error.message };
  const parsed = chunkSchema.safeParse(raw);
  if (!parsed.success) return { kind: "malformed" };
  const first = parsed.data.choices[0];
  const { content, reasoning_content: reasoning, tool_calls: calls } = first?.delta ?? {};
  const logprobs = first?.logprobs;
  return {
    kind: "chunk",
    chunk: {
      ...(typeof content === "string" ? { content } : {}),
      ...(typeof reasoning === "string" ? { reasoning } : {}),
      ...(calls !== null && calls !== undefined && calls.length > 0 ? { toolCalls: calls.map(toToolCall) } : {}),
      ...(typeof logprobs === "object" && logprobs !== null ? { logprobs } : {}),
      ...(typeof first?.finish_reason === "string" ? { finishReason: first.finish_reason } : {}),
      ...(parsed.data.usage ? { usage: parsed.data.usage } : {}),
    },
  };
}

/** exo repeats the id inside `function`, where OpenAI has none. */
function toToolCall(call: z.infer<typeof toolCallDelta>, position: number): ToolCallDelta {
  const { name, arguments: args } = call.function;
  return {
    index: call.index ?? position,
    ...(typeof call.id === "string" ? { id: call.id } : {}),
    type: "function",
    function: { ...(typeof name === "string" ? { name } : {}), arguments: args ?? "" },
  };
}
