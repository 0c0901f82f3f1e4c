import type { ServerResponse } from "node:http";

/** A stream of server-sent events with exo's keep-alive comments. */
export interface Sse {
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  write(text: string): void;
  /** Writes the last piece, if any, and closes the connection. */
  end(last?: string): void;
}

/** Begins a stream of lines, as Ollama's clients expect it. */
export function openNdjson(response: ServerResponse): Sse {
  return openStream(response, "application/x-ndjson", undefined);
}

/**
 * Begins a stream: headers and a first comment at once, then a comment after each silence.
 *
 * @param keepAliveMs undefined for no comments: exo has them since 1.0.70
 */
export const openSse = (response: ServerResponse, keepAliveMs: number | undefined): Sse =>
  openStream(response, "text/event-stream; charset=utf-8", keepAliveMs);

function openStream(response: ServerResponse, contentType: string, keepAliveMs: number | undefined): Sse {
  const gone = new AbortController();
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    if (keepAliveMs !== undefined) timer = setTimeout(() => write(": keep-alive\n\n"), keepAliveMs);
  };
  const write = (text: string): void => {
    if (ended || gone.signal.aborted) return;
    response.write(text);
    restart();
  };
  response.on("close", () => {
    clearTimeout(timer);
    if (!ended) gone.abort();
  });
  response.writeHead(200, {
    "content-type": contentType,
    "cache-control": "no-cache",
    connection: "close",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  if (keepAliveMs !== undefined) write(": keep-alive\n\n");
  return {
    signal: gone.signal,
    write,
    end(last) {
      if (last !== undefined) write(last);
      ended = true;
      clearTimeout(timer);
      response.end();
    },
  };
}
