import type { Target } from "../route/serving-model.js";
import type { Clock } from "../runtime/clock.js";
import type { AnswerSink } from "./answer-sink.js";
import type { GatewayLimits } from "./gateway-settings.js";
import { type ChunkReader, createChunkReader } from "./read-chunks.js";
import type { Upstream, UpstreamError, UpstreamExchange } from "./upstream.js";
import { type SilenceWatch, watchSilence } from "./watch-silence.js";

/** Why a target gave no complete answer. */
export type AttemptFailure =
  | { readonly kind: "transport"; readonly error: UpstreamError }
  /** exo told an error in mid-stream. Its message may name exo's own ids. */
  | { readonly kind: "told"; readonly message: string }
  /** Neither token nor progress for too long. */
  | { readonly kind: "silent"; readonly afterMs: number }
  /** The stream ended without a finish reason: exo deleted the instance or cancelled the request. */
  | { readonly kind: "cut-short" }
  | { readonly kind: "malformed" };

export type AttemptOutcome =
  | { readonly kind: "finished" }
  | { readonly kind: "failed"; readonly failure: AttemptFailure; readonly tokens: "none" | "some" }
  | { readonly kind: "aborted" };

export interface AttemptOptions {
  readonly upstream: Upstream;
  readonly target: Target;
  readonly body: Uint8Array;
  readonly answer: AnswerSink;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  /** The client has gone, or the gateway is closing. */
  readonly signal: AbortSignal;
  readonly onFirstToken: () => void;
}

/** What has been seen of one answer. */
interface AttemptState {
  tokens: "none" | "some";
  finish: "pending" | "seen";
  outcome: "pending" | AttemptOutcome["kind"];
}

/**
 * Sends one request to one target and passes the answer on. Never rejects. Resolves as soon as the outcome is certain,
 * which for a good answer is at `[DONE]`.
 */
export function runAttempt(options: AttemptOptions): Promise<AttemptOutcome> {
  const { clock, limits, signal } = options;
  if (signal.aborted) return Promise.resolve({ kind: "aborted" });
  return new Promise((resolve) => {
    const state: AttemptState = { tokens: "none", finish: "pending", outcome: "pending" };
    const fail = (failure: AttemptFailure): void => settle({ kind: "failed", failure, tokens: state.tokens });
    const onAbort = (): void => settle({ kind: "aborted" });
    const watch = watchSilence(clock, limits, (afterMs) =>
      state.finish === "seen" ? conclude() : fail({ kind: "silent", afterMs }),
    );
    const settle = (outcome: AttemptOutcome): void => {
      if (state.outcome !== "pending") return;
      state.outcome = outcome.kind;
      watch.end();
      signal.removeEventListener("abort", onAbort);
      exchange.settled(outcome.kind);
      resolve(outcome);
    };
    const conclude = (): void => (state.finish === "seen" ? settle({ kind: "finished" }) : fail({ kind: "cut-short" }));
    const reader = createAnswerReader(options, state, watch, fail, conclude);
    const exchange = createExchange(options, state, watch, reader, (error) => {
      // Once the finish reason is there, all was said: the connection need not end well.
      if (error === undefined || state.finish === "seen") conclude();
      else fail({ kind: "transport", error });
    });
    signal.addEventListener("abort", onAbort, { once: true });
    exchange.open();
  });
}

/** Takes the stream apart and hands to the client what belongs to the answer. */
function createAnswerReader(
  { answer, onFirstToken }: AttemptOptions,
  state: AttemptState,
  watch: SilenceWatch,
  fail: (failure: AttemptFailure) => void,
  conclude: () => void,
): ChunkReader {
  const token = (): void => {
    watch.progress("token");
    if (state.tokens === "some") return;
    state.tokens = "some";
    onFirstToken();
  };
  const live = (): boolean => state.outcome === "pending" && state.finish === "pending";
  return createChunkReader({
    text(field, literal) {
      if (!live()) return;
      token();
      answer.text(field, literal);
    },
    chunk(chunk) {
      if (!live()) return;
      if (chunk.finishReason === "error") return fail({ kind: "told", message: "exo ended the answer with an error" });
      token();
      if (chunk.finishReason !== undefined) state.finish = "seen";
      answer.chunk(chunk);
    },
    comment(kind) {
      if (!live()) return;
      if (kind === "progress") watch.progress("prompt");
      answer.idle();
    },
    error: (message) => fail({ kind: "told", message }),
    malformed: () => fail({ kind: "malformed" }),
    done: conclude,
  });
}

/** The connection to the target, from opening to its end, which may be later than that of the answer. */
interface AttemptExchange {
  open(): void;
  settled(outcome: AttemptOutcome["kind"]): void;
}

function createExchange(
  { upstream, target, body, answer, clock, limits }: AttemptOptions,
  state: AttemptState,
  watch: SilenceWatch,
  reader: ChunkReader,
  onEnd: (error: UpstreamError | undefined) => void,
): AttemptExchange {
  let exchange: UpstreamExchange | undefined;
  const ended = new AbortController();
  const end = (error?: UpstreamError): void => {
    ended.abort();
    onEnd(error);
  };
  const resume = (): void => {
    watch.resume();
    exchange?.resume();
  };
  /** exo forgets to tidy up a task whose client leaves before exo has closed the stream, so it is given a moment. */
  const linger = async (): Promise<void> => {
    await clock.sleep(limits.lingerMs, ended.signal);
    exchange?.abort();
  };
  return {
    open() {
      exchange = upstream.open(
        { target, body },
        {
          data(bytes) {
            if (state.outcome !== "pending") return "more";
            reader.push(bytes);
            if (state.outcome !== "pending") return "more";
            const next = answer.flush(resume);
            if (next === "pause") watch.pause();
            return next;
          },
          end: () => end(),
          failed: end,
        },
      );
    },
    settled(outcome) {
      if (outcome !== "finished") exchange?.abort();
      else if (!ended.signal.aborted) linger().catch(() => {}); // It has ended by itself: the only way sleeping fails.
    },
  };
}
