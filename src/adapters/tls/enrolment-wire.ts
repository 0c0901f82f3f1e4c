import type { TLSSocket } from "node:tls";
import { z } from "zod";

/** One message each way, one line of JSON each. */
export const maxMessageBytes = 16 * 1024;

const newline = 0x0a;

const base64url32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** What an agent sends. The name may hold letters of any script; no control characters, as it ends up in logs and tables. */
export const requestSchema = z.strictObject({
  version: z.literal(1),
  token: z.string().min(1).max(64),
  agentId: z.uuid(),
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._'’()-]*$/u),
  servicePort: z.int().min(1).max(65_535),
  proof: base64url32,
});

/** What the controller answers. */
export const answerSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("enrolled"),
    clusterId: z.string().regex(/^[a-z2-7]{8}$/),
    name: z.string().min(1).max(63),
    /** `waiting`: somebody has to approve it first. */
    standing: z.enum(["member", "waiting"]).default("member"),
    proof: base64url32,
  }),
  z.object({ kind: z.literal("refused"), code: z.string().max(64) }),
]);

export type EnrolmentRequestMessage = z.infer<typeof requestSchema>;
export type EnrolmentAnswerMessage = z.infer<typeof answerSchema>;

/** A message could not be read; the sentence is safe to log. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/**
 * Reads one line. Rejects with `WireError` when it is too long or the other side ends first, and with the signal's reason when
 * that aborts.
 */
export async function readLine(socket: TLSSocket, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const lines = socket.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  const abort = (): void => {
    socket.destroy(signal.reason instanceof Error ? signal.reason : new WireError("it took too long"));
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const chunk of lines) {
      const end = chunk.indexOf(newline);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      bytes += part.length;
      if (bytes > maxMessageBytes) throw new WireError("the message is longer than 16 KiB");
      chunks.push(part);
      if (end >= 0) return Buffer.concat(chunks).toString("utf8");
    }
    throw new WireError("the connection ended in the middle of a message");
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** @throws WireError when the text is not JSON of that shape. */
export function parseMessage<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WireError("the message is not JSON", { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new WireError("the message does not have the expected fields", { cause: parsed.error });
  return parsed.data;
}

export const formatMessage = (message: EnrolmentRequestMessage | EnrolmentAnswerMessage): string =>
  `${JSON.stringify(message)}\n`;
