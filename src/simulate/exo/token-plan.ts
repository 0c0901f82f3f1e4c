import { type AnswerContext, composeAnswer, promptTokens, tokensOf } from "./answer-text.js";
import type { Chunk, GenerationStats, TaskParams, Usage } from "./exo-types.js";

/** Every token that a generation will send, known before it starts. */
export interface TokenPlan {
  readonly promptTokens: number;
  readonly tokens: readonly { readonly text: string; readonly isThinking: boolean }[];
  readonly finishReason: "stop" | "length";
  /** Steps whose tokens exo's parser of gpt-oss understands; all of them, but for a malformed answer. */
  readonly parsedSteps: number;
}

/** In a prompt, makes the model's answer one that the parser of gpt-oss stumbles over. Not on `/bench`, which parses nothing. */
export const malformedMark = "<|malformed|>";

const defaultMaxTokens = 32_168;

function cutAtStop(tokens: readonly string[], stop: TaskParams["stop"]): readonly string[] {
  const stops = stop === null ? [] : typeof stop === "string" ? [stop] : stop;
  const text = tokens.join("");
  const ends = stops.filter((one) => one !== "").map((one) => text.indexOf(one));
  const end = Math.min(...ends.filter((at) => at >= 0));
  return Number.isFinite(end) ? tokensOf(text.slice(0, end)) : tokens;
}

/** Decides the tokens of one request. `/bench` bans the end token: it goes on until the limit. */
export function planTokens(params: TaskParams, context: AnswerContext): TokenPlan {
  const answer = composeAnswer(params, context);
  const most = params.max_output_tokens ?? defaultMaxTokens;
  const content = cutAtStop(answer.content, params.stop);
  const whole = params.bench
    ? Array.from({ length: Math.min(most, 4_096) }, (_, at) => ({
        text: content[at % content.length] ?? "",
        isThinking: false,
      }))
    : [
        ...answer.reasoning.map((text) => ({ text, isThinking: true })),
        ...content.map((text) => ({ text, isThinking: false })),
      ];
  const cut = params.bench || whole.length > most;
  const malformed = !params.bench && params.input.some(({ content: words }) => words.includes(malformedMark));
  return {
    parsedSteps: malformed ? Math.min(2, whole.length) : Number.POSITIVE_INFINITY,
    promptTokens: promptTokens(params),
    tokens: cut ? whole.slice(0, most) : whole,
    finishReason: cut ? "length" : "stop",
  };
}

function usageOf(plan: TokenPlan): Usage {
  // The end token is generated too.
  const completion = plan.tokens.length + (plan.finishReason === "stop" ? 1 : 0);
  return {
    prompt_tokens: plan.promptTokens,
    completion_tokens: completion,
    total_tokens: plan.promptTokens + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: plan.tokens.filter(({ isThinking }) => isThinking).length,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Times and memory of a finished generation, in simulated seconds. */
export interface GenerationTimes {
  readonly prefillSec: number;
  readonly decodeSec: number;
  readonly peakMemoryBytes: number;
}

function statsOf(plan: TokenPlan, times: GenerationTimes): GenerationStats {
  const usage = usageOf(plan);
  return {
    prompt_tps: plan.promptTokens / Math.max(times.prefillSec, 1e-9),
    generation_tps: usage.completion_tokens / Math.max(times.decodeSec, 1e-9),
    prompt_tokens: plan.promptTokens,
    generation_tokens: usage.completion_tokens,
    peak_memory_usage: { in_bytes: times.peakMemoryBytes },
    prefix_cache_hit: "none",
  };
}

/** Steps that the generation takes: one for each token, and one for the end token. */
export const stepsOf = (plan: TokenPlan): number => plan.tokens.length + (plan.finishReason === "stop" ? 1 : 0);

/** The chunk of step `step`, counted from 0. The last one carries reason, usage and statistics. */
export function chunkAt(plan: TokenPlan, step: number, model: string, times: GenerationTimes): Chunk {
  const token = plan.tokens[step];
  const last = step === stepsOf(plan) - 1;
  return {
    kind: "token",
    model,
    text: token?.text ?? "",
    tokenId: token === undefined ? 200_002 : 1_000 + (step % 100_000),
    isThinking: token?.isThinking ?? false,
    finishReason: last ? plan.finishReason : null,
    usage: last ? usageOf(plan) : null,
    stats: last ? statsOf(plan, times) : null,
  };
}
