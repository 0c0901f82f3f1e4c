import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type ApiError, errorText } from "./api-error.js";

/** A whole answer at once. */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  extra: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    ...extra,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(json),
  });
  response.end(json);
}

/** An error with its proper status. Only before anything else was sent. */
export function sendError(response: ServerResponse, error: ApiError, extra: OutgoingHttpHeaders = {}): void {
  const retry = error.retryAfterSec === undefined ? {} : { "retry-after": String(error.retryAfterSec) };
  const scheme = error.status === 401 ? { "www-authenticate": 'Bearer realm="exoctl"' } : {};
  sendJson(response, error.status, errorText(error), { ...extra, ...retry, ...scheme });
}
