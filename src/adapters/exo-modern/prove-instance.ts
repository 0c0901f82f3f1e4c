import type { ProofAnswer } from "../../apply/exo-control.js";
import { ExoAnswerError, ExoUnreachableError } from "../../inventory/exo-state.js";
import type { ExoHttp } from "./exo-http.js";
import { type ChatSoFar, createChatStreamReader } from "./parse-chat-stream.js";

export interface ProofSettings {
  /** A stream that brings no token and no prompt progress for so long has failed. */
  readonly tokenSilenceMs: number;
  readonly maxTokens: number;
}

/** An answer of so few tokens fits many times over. */
const limitBytes = 4 * 1024 * 1024;

/**
 * Asks a model and reads the answer to its end. Always streamed: errors of an unstreamed answer look like a broken
 * connection. An error inside the stream, a missing finish reason and a missing end are failures, whatever came before.
 */
export async function proveInstance(
  http: ExoHttp,
  model: string,
  prompt: string,
  settings: ProofSettings,
  signal: AbortSignal,
): Promise<ProofAnswer> {
  const reader = createChatStreamReader();
  const silence = watchSilence(settings.tokenSilenceMs, signal);
  const startedAt = performance.now();
  let firstTokenMs: number | undefined;
  try {
    const request = {
      method: "POST",
      path: "/v1/chat/completions",
      body: proofRequest(model, prompt, settings),
    } as const;
    for await (const piece of http.stream(request, limitBytes, silence.signal)) {
      const news = reader.feed(piece);
      if (news !== "quiet") silence.reset();
      if (news === "token") firstTokenMs ??= Math.round(performance.now() - startedAt);
      if (reader.soFar().ended) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted) throw new ExoUnreachableError(http.address, { cause: silence.signal.reason });
    throw error;
  } finally {
    silence.stop();
  }
  return answerOf(http, reader.soFar(), firstTokenMs ?? Math.round(performance.now() - startedAt));
}

/** Deterministic and short. The seed is exo's default, said aloud; older exos drop `reasoning_effort`. */
const proofRequest = (model: string, prompt: string, settings: ProofSettings): object => ({
  model,
  messages: [{ role: "user", content: prompt }],
  stream: true,
  max_tokens: settings.maxTokens,
  temperature: 0,
  seed: 42,
  reasoning_effort: "low",
});

function answerOf(http: ExoHttp, answer: ChatSoFar, firstTokenMs: number): ProofAnswer {
  const fail = (detail: string): ExoAnswerError => new ExoAnswerError(http.address, 200, detail, true);
  if (answer.error !== undefined) throw fail(answer.error);
  if (answer.finishReason === undefined) throw fail("the answer ended without a finish reason");
  if (!answer.ended) throw fail("the answer ended without its end mark");
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    model: answer.model ?? "",
    finishReason: answer.finishReason,
    firstTokenMs,
  };
}

/** A signal that aborts when nobody calls `reset` for `ms`, or when the caller's signal does. */
function watchSilence(ms: number, signal: AbortSignal): { signal: AbortSignal; reset: () => void; stop: () => void } {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new Error(`no token for ${ms} ms`)), ms);
  return {
    signal: AbortSignal.any([signal, silent.signal]),
    reset: () => timer.refresh(),
    stop: () => clearTimeout(timer),
  };
}
