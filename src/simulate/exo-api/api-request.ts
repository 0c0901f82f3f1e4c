import type { IncomingMessage, ServerResponse } from "node:http";
import type { ExoNode } from "../exo/exo-node.js";
import { type Check, type Complaint, parseStrictJson } from "../exo/strict-schema.js";

/** One request with everything that an endpoint needs. */
export interface ApiRequest {
  readonly node: ExoNode;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers a request, or throws one of the errors below. */
export type Endpoint = (request: ApiRequest) => void | Promise<void>;

/** Path segments in braces are parameters; `{name:path}` takes the rest of the path. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  readonly path: string;
  readonly endpoint: Endpoint;
}

/** exo's own refusal: an object in OpenAI's shape. */
export class ExoHttpError extends Error {
  override readonly name = "ExoHttpError";

  constructor(
    readonly status: 400 | 404 | 500,
    message: string,
  ) {
    super(message);
  }
}

/** A request that does not fit its schema: FastAPI's 422. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";

  constructor(readonly complaints: readonly Complaint[]) {
    super("request validation failed");
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Reads a body of JSON and checks it. @throws ValidationError */
export function readBody(request: ApiRequest, check: Check): unknown {
  const text = request.body.toString("utf8");
  if (text === "") throw new ValidationError([{ type: "missing", loc: ["body"], msg: "Field required", input: null }]);
  if (request.contentType !== undefined && !/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.contentType)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    throw new ValidationError([{ type: "model_attributes_type", loc: ["body"], msg, input: text }]);
  }
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    const at = /position (\d+)/.exec(String(error))?.[1];
    const ctx = { error: error instanceof Error ? error.message : "invalid JSON" };
    const loc = ["body", Number(at ?? 0)];
    throw new ValidationError([{ type: "json_invalid", loc, msg: "JSON decode error", input: {}, ctx }]);
  }
  const checked = check(value, ["body"]);
  if (!checked.ok) throw new ValidationError(checked.complaints);
  return checked.value;
}

/** Reads one parameter of the query. @throws ValidationError */
export function readQuery<T>(request: ApiRequest, name: string, read: (raw: string) => T | Complaint, fallback?: T): T {
  const raw = request.query.get(name);
  if (raw === null) {
    if (fallback !== undefined) return fallback;
    throw new ValidationError([{ type: "missing", loc: ["query", name], msg: "Field required", input: null }]);
  }
  const value = read(raw);
  if (isComplaint(value)) throw new ValidationError([value]);
  return value;
}

const isComplaint = (value: unknown): value is Complaint =>
  typeof value === "object" && value !== null && "loc" in value && "msg" in value;

/** Makes a reader of words for `readQuery`. */
export function queryWord<Word extends string>(
  name: string,
  words: readonly Word[],
): (raw: string) => Word | Complaint {
  return (raw) => {
    const found = words.find((word) => word === raw);
    if (found !== undefined) return found;
    const expected = words.map((word) => `'${word}'`).join(" or ");
    return { type: "enum", loc: ["query", name], msg: `Input should be ${expected}`, input: raw, ctx: { expected } };
  };
}

/** Makes a reader of whole numbers for `readQuery`. */
export function queryInteger(name: string): (raw: string) => number | Complaint {
  return (raw) =>
    /^[+-]?\d+$/.test(raw.trim())
      ? Number(raw)
      : {
          type: "int_parsing",
          loc: ["query", name],
          msg: "Input should be a valid integer, unable to parse string as an integer",
          input: raw,
        };
}
