/** How an exo prints chunks: up to 1.0.71 every null field, later none. */
export type NullStyle = "nulls-printed" | "nulls-omitted";

/** One token, or what ends an answer, as exo's chunk says it. */
export interface ExoToken {
  readonly content?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly logprobs?: object;
  readonly finishReason?: string;
  readonly usage?: object;
}

export const exoModelId = "exoctl/gpt-oss-120b-MXFP4-Q8";
export const exoCommandId = "0b8a4f1e-6a65-4a1f-9f5e-0f9f6f3c7a11";

export const exoUsage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 2,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
};

/** One event of exo's chat stream: field order and nesting as exo 1.0.71 prints them. */
export function exoChunk(token: ExoToken, style: NullStyle = "nulls-printed", created = 1_760_000_000): string {
  const delta = {
    role: "assistant",
    content: token.content ?? null,
    reasoning_content: token.reasoning ?? null,
    name: null,
    tool_calls:
      token.toolCalls?.map(({ id, name, arguments: args }, index) => ({
        id,
        index,
        type: "function",
        function: { id, name, arguments: args },
      })) ?? null,
    tool_call_id: null,
    function_call: null,
  };
  const chunk = {
    id: exoCommandId,
    object: "chat.completion",
    created,
    model: exoModelId,
    choices: [
      {
        index: 0,
        delta,
        logprobs: token.logprobs ?? null,
        finish_reason: token.finishReason ?? null,
        usage: null,
      },
    ],
    usage: token.usage ?? null,
    service_tier: null,
  };
  return `data: ${JSON.stringify(style === "nulls-omitted" ? withoutNulls(chunk) : chunk)}\n\n`;
}

export const exoKeepAlive = ": keep-alive\n\n";
export const exoDone = "data: [DONE]\n\n";

export const exoPrefillProgress = (processed: number, total: number): string =>
  `: prefill_progress ${JSON.stringify({
    PrefillProgressChunk: { model: exoModelId, processed_tokens: processed, total_tokens: total },
  })}\n\n`;

export const exoStats = `: generation_stats ${JSON.stringify({ prompt_tps: 812.5, generation_tps: 61.2 })}\n\n`;

export const exoError = (message: string): string =>
  `data: ${JSON.stringify({ error: { message, type: "InternalServerError", param: null, code: 500 } })}\n\n${exoDone}`;

/** A whole good stream: thinking, then text, then the last chunk with usage. */
export function exoAnswer(
  pieces: { readonly reasoning?: readonly string[]; readonly content: readonly string[] },
  style: NullStyle = "nulls-printed",
): string {
  return [
    exoKeepAlive,
    exoPrefillProgress(11, 11),
    ...(pieces.reasoning ?? []).map((reasoning) => exoChunk({ reasoning }, style)),
    ...pieces.content.map((content) => exoChunk({ content }, style)),
    exoChunk({ content: "", finishReason: "stop", usage: exoUsage }, style),
    exoStats,
    exoDone,
  ].join("");
}
