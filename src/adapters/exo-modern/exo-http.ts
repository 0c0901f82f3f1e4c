import { type Dispatcher, Pool } from "undici";
import { type ExoAddress, ExoAnswerError, ExoUnreachableError } from "../../inventory/exo-state.js";
import { exoErrorText } from "./exo-error-text.js";

/** Most of an error answer that is read. */
const errorBytes = 64 * 1024;

export interface ExoRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** For the whole exchange; added to the caller's signal. Streams have none and watch their own progress. */
  readonly deadlineMs?: number;
}

/** One exo's HTTP API, with pooled connections. Rejects with `ExoUnreachableError`, `ExoAnswerError` or the signal's reason. */
export interface ExoHttp {
  readonly address: ExoAddress;
  /** The answer's JSON. */
  json(request: ExoRequest, limitBytes: number, signal: AbortSignal): Promise<unknown>;
  /** The answer's text as it comes, for answers without end. Leaving the loop closes the connection. */
  stream(request: ExoRequest, limitBytes: number, signal: AbortSignal): AsyncGenerator<string, void, undefined>;
  close(): Promise<void>;
}

/** Opens a pool of connections to one address. Nothing is sent yet. */
export function openExoHttp(address: ExoAddress): ExoHttp {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const pool = new Pool(`http://${host}:${address.port}`, { connections: 8, headersTimeout: 0, bodyTimeout: 0 });
  const stream: ExoHttp["stream"] = (request, limitBytes, signal) =>
    readText(pool, address, request, limitBytes, signal);
  return {
    address,
    stream,
    json: async (request, limitBytes, signal) => {
      let body = "";
      for await (const piece of stream(request, limitBytes, signal)) body += piece;
      try {
        return JSON.parse(body) as unknown;
      } catch {
        throw new ExoAnswerError(address, 200, `${request.path} is not JSON: ${exoErrorText(body)}`, false);
      }
    },
    close: () => pool.destroy(),
  };
}

async function* readText(
  pool: Pool,
  address: ExoAddress,
  request: ExoRequest,
  limitBytes: number,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const bounded =
    request.deadlineMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(request.deadlineMs)]);
  try {
    const answer = await send(pool, request, bounded);
    if (answer.statusCode !== 200) throw await answerError(address, answer);
    yield* decode(address, request, answer.body, limitBytes);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExoAnswerError) throw error;
    throw new ExoUnreachableError(address, { cause: error });
  }
}

const send = (pool: Pool, request: ExoRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> =>
  pool.request({
    method: request.method,
    path: request.path,
    signal,
    ...(request.body === undefined
      ? {}
      : { body: JSON.stringify(request.body), headers: { "content-type": "application/json" } }),
  });

async function* decode(
  address: ExoAddress,
  request: ExoRequest,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limitBytes)
      throw new ExoAnswerError(address, 200, `${request.path} is longer than ${limitBytes} bytes`, false);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/** exo's own "not now" answers: a server error, and the 400 right after a change of master, when no memory is known yet. */
const mayHelpToRetry = (status: number, detail: string): boolean =>
  status >= 500 || (status === 400 && /Available: 0\.0\s*GB/i.test(detail));

async function answerError(address: ExoAddress, answer: Dispatcher.ResponseData): Promise<ExoAnswerError> {
  let body = "";
  for await (const chunk of answer.body) {
    body += String(chunk);
    if (body.length > errorBytes) break;
  }
  const detail = exoErrorText(body);
  return new ExoAnswerError(address, answer.statusCode, detail, mayHelpToRetry(answer.statusCode, detail));
}
