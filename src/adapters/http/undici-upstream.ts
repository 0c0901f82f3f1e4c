import { Agent, type Dispatcher } from "undici";
import type { Upstream, UpstreamExchange, UpstreamRequest, UpstreamSink } from "../../gateway/upstream.js";
import { UpstreamBrokenError, UpstreamStatusError, UpstreamUnreachableError } from "../../gateway/upstream.js";
import type { Close } from "../../runtime/close-all.js";

export interface UndiciUpstreamOptions {
  /** Until a TCP connection stands. Default 3 s: exo is in the local network. */
  readonly connectTimeoutMs?: number;
  /** Until exo's status line. Default 30 s: exo sends it at once, except while it elects a master. */
  readonly headersTimeoutMs?: number;
  /** Between two packets of any kind. Default 120 s: exo sends a comment every 10 s. Silence of tokens is the gateway's affair. */
  readonly bodyTimeoutMs?: number;
}

/** Most that is kept of an answer other than 200. */
const errorBodyLimitBytes = 16 * 1024;

const chatPath = "/v1/chat/completions";
const headers = { "content-type": "application/json", accept: "text/event-stream" };

/**
 * Chat requests over undici's `dispatch`. Every request gets a connection of its own, because exo closes it after each
 * stream anyway, and a kept one could be closed under our feet just when a request is written to it.
 */
export function openUndiciUpstream(options: UndiciUpstreamOptions = {}): Upstream & { readonly close: Close } {
  const agent = new Agent({
    connections: null,
    pipelining: 0,
    connect: { timeout: options.connectTimeoutMs ?? 3_000 },
    headersTimeout: options.headersTimeoutMs ?? 30_000,
    bodyTimeout: options.bodyTimeoutMs ?? 120_000,
  });
  let closing: Promise<void> | undefined;
  return {
    open: (request, sink) => dispatchChat(agent, request, sink),
    close: () => {
      closing ??= agent.destroy();
      return closing;
    },
  };
}

function dispatchChat(agent: Agent, { target, body }: UpstreamRequest, sink: UpstreamSink): UpstreamExchange {
  let controller: Dispatcher.DispatchController | undefined;
  let state: "waiting" | "streaming" | "refused" | "over" = "waiting";
  let status = 0;
  const refusal = createRefusalKeeper();

  const refuse = (): void => {
    state = "over";
    sink.failed(new UpstreamStatusError(target.id, status, refusal.text()));
  };
  const fail = (error: unknown): void => {
    if (state === "over") return;
    const failure = state === "waiting" ? UpstreamUnreachableError : UpstreamBrokenError;
    if (state === "refused") refuse();
    else sink.failed(new failure(target.id, { cause: error }));
    state = "over";
  };

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (state === "over") started.abort(new Error("aborted before it was sent"));
    },
    onResponseStart(_, statusCode) {
      if (statusCode < 200 || state === "over") return;
      status = statusCode;
      state = statusCode === 200 ? "streaming" : "refused";
    },
    onResponseData(current, chunk) {
      if (state === "streaming") {
        if (sink.data(chunk) === "pause") current.pause();
      } else if (state === "refused" && refusal.add(chunk) === "full") {
        refuse();
        current.abort(new Error("the error is too long"));
      }
    },
    onResponseEnd() {
      if (state === "refused") refuse();
      if (state === "over") return;
      state = "over";
      sink.end();
    },
    onResponseError: (_, error) => fail(error),
  };

  try {
    agent.dispatch({ origin: target.baseUrl, path: chatPath, method: "POST", headers, body }, handler);
  } catch (error) {
    fail(error);
  }
  return {
    resume: () => (state === "streaming" ? controller?.resume() : undefined),
    abort: () => {
      state = "over";
      controller?.abort(new Error("aborted by the gateway"));
    },
  };
}

/** Keeps the beginning of an error's body. */
function createRefusalKeeper(): { add(chunk: Buffer): "more" | "full"; text(): string } {
  const kept: Buffer[] = [];
  let bytes = 0;
  return {
    add(chunk) {
      kept.push(chunk.subarray(0, errorBodyLimitBytes - bytes));
      bytes += chunk.length;
      return bytes < errorBodyLimitBytes ? "more" : "full";
    },
    text: () => Buffer.concat(kept).toString("utf8"),
  };
}
