import { isUtf8 } from "node:buffer";
import type { z } from "zod";
import { type ApiError, badRequest, quoted } from "./api-error.js";
import { type ChatFields, chatSchema, forwardedFields } from "./chat-schema.js";
import { scanJsonObject } from "./json-members.js";
import { findUnsupportedField } from "./unsupported-fields.js";

/** A chat request that exo will understand as its sender meant it. */
export interface ChatRequest {
  /** The name that the client used. */
  readonly model: string;
  readonly answerAs: "stream" | "whole";
  readonly usageInStream: "asked" | "not-asked";
  readonly maxTokens?: number;
  /** Not negative. Absent when the client gave none. */
  readonly seed?: number;
  /** Members of the body that exo gets unchanged: `"messages":[...],...` in the client's own bytes. */
  readonly forwarded: Buffer;
}

export type ParsedChatRequest =
  | { readonly kind: "request"; readonly request: ChatRequest }
  | { readonly kind: "refused"; readonly error: ApiError };

/** exo's own parser gives up at 200; no honest tool schema comes near. */
const maxDepth = 100;

const refused = (error: ApiError): ParsedChatRequest => ({ kind: "refused", error });

/** Checks the body of a chat request, and refuses whatever exo would silently ignore or misunderstand. */
export function parseChatRequest(body: Buffer): ParsedChatRequest {
  if (!isUtf8(body)) return refused(badRequest("invalid_json", "The body is not UTF-8."));
  const scan = scanJsonObject(body, maxDepth);
  if (scan.depth > maxDepth)
    return refused(badRequest("invalid_json", `JSON is nested deeper than ${maxDepth} levels.`));
  let raw: unknown;
  try {
    raw = JSON.parse(body.toString("utf8"));
  } catch {
    // The parser's message quotes the body, which may hold a prompt: not repeated.
    return refused(badRequest("invalid_json", "The body is not valid JSON."));
  }
  const parsed = chatSchema.safeParse(raw);
  if (!parsed.success) return refused(describeIssue(parsed.error));
  const fields = parsed.data;
  const error = findUnsupportedField(Object.entries(raw ?? {})) ?? findContradiction(fields);
  if (error !== undefined) return refused(error);
  return { kind: "request", request: compileRequest(fields, body, scan.members) };
}

/** Combinations of good fields that make no good request. */
function findContradiction(fields: ChatFields): ApiError | undefined {
  const { messages, max_tokens: older, max_completion_tokens: newer } = fields;
  const last = messages.length - 1;
  if (messages[last]?.role === "assistant") {
    const why = "The last message must not be from the assistant: this model cannot continue a begun answer.";
    return badRequest("unsupported_value", why, `messages[${last}].role`);
  }
  if (typeof older === "number" && typeof newer === "number" && older !== newer) {
    const why = "Give max_tokens or max_completion_tokens, not both with different values.";
    return badRequest("invalid_value", why, "max_tokens");
  }
  if (typeof fields.top_logprobs === "number" && fields.logprobs !== true) {
    return badRequest("invalid_value", "top_logprobs needs logprobs to be true.", "top_logprobs");
  }
  return undefined;
}

function compileRequest(
  fields: ChatFields,
  body: Buffer,
  members: ReadonlyMap<string, { readonly start: number; readonly end: number }>,
): ChatRequest {
  const parts: Buffer[] = [];
  for (const name of forwardedFields) {
    const member = members.get(name);
    if (member === undefined || fields[name] === null || fields[name] === undefined) continue;
    // exo knows no tool_choice; without tools the model cannot call one.
    if (name === "tools" && (fields.tool_choice === "none" || fields.tools?.length === 0)) continue;
    parts.push(Buffer.from(`${parts.length === 0 ? "" : ","}"${name}":`), body.subarray(member.start, member.end));
  }
  const maxTokens = fields.max_completion_tokens ?? fields.max_tokens;
  return {
    model: fields.model,
    answerAs: fields.stream === true ? "stream" : "whole",
    usageInStream: fields.stream_options?.include_usage === true ? "asked" : "not-asked",
    ...(typeof maxTokens === "number" ? { maxTokens } : {}),
    ...(typeof fields.seed === "number" ? { seed: unsignedSeed(fields.seed) } : {}),
    forwarded: Buffer.concat(parts),
  };
}

/** exo's runner dies of a negative seed, which OpenAI allows. The same seed always maps to the same number. */
const unsignedSeed = (seed: number): number =>
  seed >= 0 && Number.isSafeInteger(seed) ? seed : Number(BigInt.asUintN(32, BigInt(seed)));

/** The first thing that is wrong, with its place written as in `messages[0].content`. */
function describeIssue(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${String(part)}`),
    "",
  );
  const param = path === "" ? null : quoted(path);
  const message = issue?.message ?? "not a chat request";
  return badRequest("invalid_value", `Invalid ${param === null ? "body" : `'${param}'`}: ${message}.`, param);
}
