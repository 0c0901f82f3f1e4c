import type { IncomingMessage } from "node:http";
import { type ApiError, badRequest } from "./api-error.js";

export type RequestBody =
  | { readonly kind: "body"; readonly bytes: Buffer }
  | { readonly kind: "refused"; readonly error: ApiError }
  /** The client went away before it had sent everything. */
  | { readonly kind: "gone" };

/**
 * Reads a JSON request body. A browser cannot send `application/json` to another origin without asking first, so
 * insisting on it keeps web pages out. What exceeds the limit is thrown away as it comes, so that the client, which may
 * still be sending, gets to read the answer.
 */
export function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<RequestBody> {
  const error = checkHeaders(request, limitBytes);
  if (error !== undefined) return Promise.resolve({ kind: "refused", error });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      request.off("data", onData);
      chunks.length = 0;
      request.resume();
      resolve({ kind: "refused", error: tooLarge(limitBytes) });
    };
    request.on("data", onData);
    request.once("end", () => resolve({ kind: "body", bytes: Buffer.concat(chunks) }));
    request.once("error", () => resolve({ kind: "gone" }));
    request.once("close", () => resolve({ kind: "gone" }));
  });
}

const tooLarge = (limitBytes: number): ApiError =>
  badRequest("request_too_large", `The body is larger than ${limitBytes} bytes.`, null, 413);

function checkHeaders({ headers }: IncomingMessage, limitBytes: number): ApiError | undefined {
  const [type, ...parameters] = (headers["content-type"] ?? "").split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.replace(/^charset="?|"$/g, "");
  if (type !== "application/json" || (charset !== undefined && charset !== "utf-8" && charset !== "utf8")) {
    return badRequest("unsupported_media_type", "Send the body as application/json in UTF-8.", null, 415);
  }
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    return badRequest("unsupported_media_type", "Send the body without Content-Encoding.", null, 415);
  }
  return Number(headers["content-length"] ?? 0) > limitBytes ? tooLarge(limitBytes) : undefined;
}
