import type { ServerResponse } from "node:http";
import type { AnswerSink } from "./answer-sink.js";
import { type ApiError, errorText } from "./api-error.js";
import type { ByteText } from "./chunk-template.js";
import { type ChunkWriter, keepAlive } from "./stream-chunks.js";

/** An answer on its way to the client, event by event. */
export interface StreamAnswer extends AnswerSink {
  /** After the last chunk. */
  end(): void;
}

export interface StreamAnswerOptions {
  readonly response: ServerResponse;
  /** A new one for each target, so that each answer begins with the role. */
  readonly writer: ChunkWriter;
  /** Whether the client has waited long enough for the first token to be sent the head without one. */
  readonly waitedEnough: () => boolean;
}

const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/**
 * Sends an answer as server-sent events. The head is held until the first token, so that until then a failure still gets
 * its proper status; but not for ever, because clients and proxies give up on a connection that says nothing.
 */
export function createStreamAnswer({ response, writer, waitedEnough }: StreamAnswerOptions): StreamAnswer {
  let pending: ByteText = "";
  const write = (): boolean => {
    if (!response.headersSent) response.writeHead(200, headers);
    const bytes = pending;
    pending = "";
    return response.write(bytes, "latin1");
  };
  return {
    text(field, literal) {
      pending += writer.text(field, literal);
    },
    chunk(chunk) {
      pending += writer.chunk(chunk);
    },
    idle() {
      if (response.headersSent || waitedEnough()) pending += keepAlive;
    },
    flush(resume) {
      if (pending === "" || write()) return "more";
      response.once("drain", resume);
      return "pause";
    },
    end() {
      pending += writer.end();
      write();
      response.end();
    },
  };
}

/** Tells an error in mid-stream, and ends without `[DONE]`, which is how clients notice. */
export function failStream(response: ServerResponse, error: ApiError): void {
  response.end(`data: ${errorText(error)}\n\n`);
}
