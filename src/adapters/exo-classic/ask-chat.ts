import {
  ClassicChatError,
  type ClassicChatEvent,
  type ClassicChatRequest,
  type ClassicChatTiming,
} from "../../inventory/classic-exo.js";
import type { ClassicHttp } from "./classic-http.js";
import { createChatStreamReader } from "./read-chat-stream.js";

/** Asks one node and gives its answer token by token; see `ClassicExoApi.chat`. */
export async function* askChat(
  http: ClassicHttp,
  { model, messages }: ClassicChatRequest,
  { firstTokenMs, silenceMs }: ClassicChatTiming,
  signal: AbortSignal,
): AsyncGenerator<ClassicChatEvent> {
  const silence = watchSilence(firstTokenMs, signal);
  let tokens = 0;
  const fail = (code: ClassicChatError["code"], detail: string, options?: ErrorOptions): ClassicChatError =>
    new ClassicChatError(http.address, code, detail, tokens, options);
  const explain = (error: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    const waited = tokens === 0 ? firstTokenMs : silenceMs;
    if (silence.signal.aborted) return fail("chat_silent", `no token for ${waited} ms`, { cause: error });
    return error;
  };
  try {
    const body = { model, messages, stream: true };
    const pieces = await http
      .open({ method: "POST", path: "/v1/chat/completions", body }, silence.signal)
      .catch((error) => {
        throw explain(error);
      });
    const reader = createChatStreamReader(model);
    const broken = (error: unknown): never => {
      // exo cuts a stream at its own time limit by writing a second answer into it, which breaks the protocol.
      const why = explain(error);
      throw why === error
        ? fail("chat_unfinished", "the answer broke off without a finish reason", { cause: error })
        : why;
    };
    const iterator = pieces[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await iterator.next().catch(broken);
        if (next.done === true) throw fail("chat_unfinished", "the answer ended without a finish reason");
        for (const event of reader.feed(next.value)) {
          if (event.kind === "flaw") throw fail(event.flaw.code, event.flaw.detail);
          if (event.kind === "token") tokens += 1;
          yield event;
          if (event.kind === "end") return;
          silence.reset(silenceMs);
        }
      }
    } finally {
      await iterator.return?.();
    }
  } finally {
    silence.stop();
  }
}

/** A signal that aborts when nobody calls `reset` for so long, or when the caller's signal does. */
function watchSilence(ms: number, signal: AbortSignal) {
  const silent = new AbortController();
  const abort = (): void => silent.abort(new Error("exo is silent"));
  let timer = setTimeout(abort, ms);
  return {
    signal: AbortSignal.any([signal, silent.signal]),
    reset: (nextMs: number): void => {
      clearTimeout(timer);
      timer = setTimeout(abort, nextMs);
    },
    stop: (): void => clearTimeout(timer),
  };
}
