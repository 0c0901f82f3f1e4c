import { type Dispatcher, Pool } from "undici";
import { type ExoAddress, ExoAnswerError, ExoUnreachableError } from "../../inventory/exo-state.js";
import { errorWords } from "./error-words.js";
import type { Parsed } from "./fields.js";

export interface ClassicRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface JsonLimits {
  readonly deadlineMs: number;
  readonly mostBytes: number;
}

/** Most of an error answer that is read. */
const errorBytes = 64 * 1024;

/** One node's HTTP API. Rejects as `ClassicExoApi` does. */
export interface ClassicHttp {
  readonly address: ExoAddress;
  /** The answer, understood. */
  json<T>(
    request: ClassicRequest,
    parse: (raw: unknown) => Parsed<T>,
    limits: JsonLimits,
    signal: AbortSignal,
  ): Promise<T>;
  /** The body of a 200 answer as it comes, once its head is there. */
  open(request: ClassicRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/** Opens a pool of connections. Nothing is sent yet. */
export function openClassicHttp(address: ExoAddress): ClassicHttp {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const pool = new Pool(`http://${host}:${address.port}`, { connections: 8, headersTimeout: 0, bodyTimeout: 0 });
  const open: ClassicHttp["open"] = async (request, signal) => {
    try {
      const answer = await send(pool, request, signal);
      if (answer.statusCode !== 200) throw await answerError(address, answer);
      return answer.body;
    } catch (error) {
      if (error instanceof ExoAnswerError) throw error;
      throw new ExoUnreachableError(address, { cause: error });
    }
  };
  let closing: Promise<void> | undefined;
  return {
    address,
    open,
    json: async (request, parse, { deadlineMs, mostBytes }, signal) => {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
      try {
        const body = await readWhole(await open(request, bounded), mostBytes);
        const parsed = parse(parseJson(body));
        if (parsed.kind === "value") return parsed.value;
        throw new ExoAnswerError(address, 200, `${request.path}: ${parsed.problem}`, false);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ExoAnswerError || error instanceof ExoUnreachableError) throw error;
        throw new ExoUnreachableError(address, { cause: error });
      }
    },
    close: () => {
      closing ??= pool.destroy();
      return closing;
    },
  };
}

const send = (
  pool: Pool,
  { method, path, body }: ClassicRequest,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> =>
  pool.request({
    method,
    path,
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

/** The text of a body; one that is too long is no JSON of exo and reads as undefined. */
async function readWhole(body: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // no parser takes undefined for an answer
  }
}

async function answerError(address: ExoAddress, answer: Dispatcher.ResponseData): Promise<ExoAnswerError> {
  const body = await readWhole(answer.body, errorBytes);
  const mayHelp = answer.statusCode === 408 || answer.statusCode >= 500;
  return new ExoAnswerError(address, answer.statusCode, errorWords(parseJson(body), body ?? ""), mayHelp);
}
