/** A "no" to a client, in the words of OpenAI's API. */
export interface ApiError {
  /** HTTP status, where it can still be sent. */
  readonly status: number;
  /** The last two: what a limit counts. */
  readonly type: "invalid_request_error" | "server_error" | "requests" | "tokens";
  /** Stable identifier for programs. */
  readonly code: string;
  /** The field of the request that is at fault, such as `messages[2].content`. */
  readonly param: string | null;
  readonly message: string;
  /** When it may be worth trying again. */
  readonly retryAfterSec?: number;
}

/** The client has to change its request. */
export function badRequest(code: string, message: string, param: string | null = null, status = 400): ApiError {
  return { status, type: "invalid_request_error", code, param, message };
}

/** The request may be right; we cannot serve it now. */
export function serverError(status: number, code: string, message: string, retryAfterSec?: number): ApiError {
  const error = { status, type: "server_error", code, param: null, message } as const;
  return retryAfterSec === undefined ? error : { ...error, retryAfterSec };
}

/** `{"error": {...}}`, as a response body and as the data of an event in mid-stream. */
export function errorText({ message, type, param, code }: ApiError): string {
  return JSON.stringify({ error: { message, type, param, code } });
}

const longestQuote = 200;

/** Something from a request for use in a message: cut where it is long. */
export const quoted = (text: string): string => (text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);
