import type { ServerResponse } from "node:http";

/** A stream of server-sent events with exo's keep-alive comments. */
export interface Sse {
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  write(text: string): void;
  /** Writes the last piece, if any, and closes the connection. */
  end(last?: string): void;
}

/** Begins a stream: headers and a first comment at once, then a comment after each silence. */
export function openSse(response: ServerResponse, keepAliveMs: number): Sse {
  const gone = new AbortController();
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => write(": keep-alive\n\n"), keepAliveMs);
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
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    connection: "close",
    "x-accel-buffering": "no",
  });
  write(": keep-alive\n\n");
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
