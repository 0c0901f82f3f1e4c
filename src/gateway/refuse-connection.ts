import type { Duplex } from "node:stream";
import { type ApiError, badRequest, errorText } from "./api-error.js";

const statusTexts: Readonly<Record<number, string>> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
};

/** Answers bytes that Node could not read as a request, in the shape of every other error. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  // What is no fault of HTTP is one of the network or of TLS, where nobody could read an answer.
  if (!/^(?:HPE|ERR_HTTP)_/.test(error.code ?? "") || !socket.writable) {
    socket.destroy();
    return;
  }
  refuseRaw(socket, brokenRequestError(error.code));
}

/** `CONNECT` would make a proxy of us. */
export function refuseTunnel(_: unknown, socket: Duplex): void {
  refuseRaw(socket, badRequest("method_not_allowed", "This is not a proxy.", null, 405));
}

function brokenRequestError(code: string | undefined): ApiError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return badRequest("headers_too_large", "The request's headers are too large.", null, 431);
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return badRequest("request_too_large", "The request's chunk extensions are too large.", null, 413);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return badRequest("request_timeout", "The request took too long to arrive.", null, 408);
    default:
      return badRequest("invalid_request", "This is not a valid HTTP request.");
  }
}

function refuseRaw(socket: Duplex, error: ApiError): void {
  const body = errorText(error);
  const head = [
    `HTTP/1.1 ${error.status} ${statusTexts[error.status] ?? "Bad Request"}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  // The peer may be gone already; there is nobody to tell.
  socket.on("error", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
