import type { Usage } from "../exo/exo-types.js";
import type { SimulatedVariant } from "../exo/simulated-variant.js";

/** What a message or a delta carries. */
export interface Said {
  readonly content: string | null;
  readonly reasoning: string | null;
}

const message = ({ content, reasoning }: Said) => ({
  role: "assistant",
  content,
  reasoning_content: reasoning,
  name: null,
  tool_calls: null,
  tool_call_id: null,
  function_call: null,
});

/** The newer exo leaves nulls out; 1.0.71 prints every field. */
export function chatText(value: unknown, variant: SimulatedVariant): string {
  return JSON.stringify(value, (_key, item: unknown) => (item === null && variant === "newer" ? undefined : item));
}

const nowSec = (): number => Math.floor(Date.now() / 1_000);

const head = (id: string, model: string) => ({ id, object: "chat.completion", created: nowSec(), model });

/** One chunk of a stream. Its object is never `chat.completion.chunk`, and each delta has a role. */
export const chunkJson = (id: string, model: string, said: Said, finishReason: string | null, usage: Usage | null) => ({
  ...head(id, model),
  choices: [{ index: 0, delta: message(said), logprobs: null, finish_reason: finishReason, usage: null }],
  usage,
  service_tier: null,
});

/** A whole answer. */
export const completionJson = (
  id: string,
  model: string,
  said: Said,
  finishReason: string | null,
  usage: Usage | null,
) => ({
  ...head(id, model),
  choices: [{ index: 0, message: message(said), logprobs: null, finish_reason: finishReason }],
  usage,
  service_tier: null,
});
