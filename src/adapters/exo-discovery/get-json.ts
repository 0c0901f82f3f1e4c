import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { HostPort } from "../../config/host-port.js";

/** What one GET brought: JSON of a 200, another status, or nothing that could be read. */
export type Answer =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "status"; readonly status: number }
  /** Too long, not JSON, or not HTTP. */
  | { readonly kind: "odd" }
  | { readonly kind: "silent"; readonly reason: "refused" | "no-answer" | "no-route" | "no-name" };

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

function failureOf(error: unknown): Answer {
  const code = codeOf(error);
  if (code.startsWith("HPE_") || error instanceof SyntaxError) return { kind: "odd" };
  if (code === "ECONNREFUSED") return { kind: "silent", reason: "refused" };
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) return { kind: "silent", reason: "no-name" };
  // macOS says EHOSTUNREACH where the Local Network privilege is missing, too.
  if (["EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EINVAL"].includes(code))
    return { kind: "silent", reason: "no-route" };
  return { kind: "silent", reason: "no-answer" };
}

/**
 * Asks an untrusted host for JSON: no redirects, no kept connection, at most `limitBytes`, and an end by `signal` in any case.
 *
 * @throws the signal's reason when `caller` was aborted
 */
export async function getJson(
  target: HostPort,
  path: string,
  limits: { readonly bytes: number; readonly deadline: AbortSignal },
  caller: AbortSignal,
): Promise<Answer> {
  let answer: IncomingMessage | undefined;
  try {
    const signal = AbortSignal.any([caller, limits.deadline]);
    const sent = request({
      host: target.host,
      port: target.port,
      path,
      agent: false,
      signal,
      // With a scope in it the address is no valid Host header.
      headers: {
        host: `${target.host.includes(":") ? "[::1]" : target.host}:${target.port}`,
        accept: "application/json",
      },
    });
    sent.end();
    [answer] = (await once(sent, "response")) as [IncomingMessage];
    // Once there is an answer, its end is reported by the answer.
    sent.on("error", () => {});
    if (answer.statusCode !== 200) return { kind: "status", status: answer.statusCode ?? 0 };
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limits.bytes) return { kind: "odd" };
      chunks.push(chunk);
    }
    return { kind: "json", value: JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown };
  } catch (error) {
    caller.throwIfAborted();
    return failureOf(error);
  } finally {
    answer?.destroy();
  }
}
