import type { ServerResponse } from "node:http";
import { sendJson } from "./classic-reply.js";

const body = '{"detail": "Request timed out"}';

/**
 * exo's limit for a whole request. Before an answer has begun it is a 408. Into a stream exo writes a second answer, status line and
 * all, in the middle of the chunked body: strict clients report a broken protocol, lax ones a short answer.
 */
export function limitHandler(response: ServerResponse, ms: number): { readonly stop: () => void } {
  const timer = setTimeout(() => {
    if (response.writableEnded || response.destroyed) return;
    if (!response.headersSent) {
      sendJson(response, 408, JSON.parse(body));
      return;
    }
    const head = `HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}`;
    const rest = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    response.socket?.end(`${head}\r\nDate: ${new Date().toUTCString()}\r\n\r\n${rest}`);
  }, ms);
  return { stop: () => clearTimeout(timer) };
}
