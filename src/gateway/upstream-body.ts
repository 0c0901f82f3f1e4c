import type { ServingModel } from "../route/serving-model.js";
import type { ChatRequest } from "./parse-chat-request.js";

/** What exo's runner generates at most when it is told nothing (constant of its MLX engine, 1.0.61 and later). */
const exoDefaultMaxTokens = 32_168;

/** Seeds that we draw lie in 0 up to, not including, this. */
const seedRange = 2 ** 32;

/** What is said to exo about one client request, whichever target gets it. */
export interface UpstreamSettings {
  readonly maxTokens: number;
  readonly seed: number;
}

/**
 * Fills in what the client left open. Answers are never allowed to grow beyond the context that memory was planned for.
 * Without a seed exo would use 42 for every request, and the same prompt would always get the same answer: a client that
 * gives none gets a random one, as with OpenAI.
 *
 * @param random uniform in 0 up to, not including, 1
 */
export function settleUpstream(request: ChatRequest, model: ServingModel, random: () => number): UpstreamSettings {
  return {
    maxTokens: Math.min(request.maxTokens ?? exoDefaultMaxTokens, model.contextTokens),
    seed: request.seed ?? Math.floor(random() * seedRange),
  };
}

/** The body for exo: the client's own bytes, and our members around them. Nothing is serialised a second time. */
export function upstreamBody(request: ChatRequest, settings: UpstreamSettings, upstreamModel: string): Buffer {
  const { maxTokens, seed } = settings;
  const head = `{"model":${JSON.stringify(upstreamModel)},"stream":true,"max_tokens":${maxTokens},"seed":${seed},`;
  return Buffer.concat([Buffer.from(head), request.forwarded, Buffer.from("}")]);
}
