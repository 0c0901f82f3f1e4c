import { isRecord, list, literal, mapping, nullable, object, optional, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, type Route, readBody } from "./api-request.js";
import { chatText } from "./chat-json.js";
import { plainText, taskParamsOf } from "./chat-request.js";
import { anyOf, looseFlag, looseFloat, looseInteger, record, stopWords } from "./loose-checks.js";
import { serveGeneration } from "./serve-generation.js";
import type { Sse } from "./sse.js";
import { tellResponse, wholeResponse } from "./tell-response.js";

/** exo knows some twenty kinds of items; those without a role are not told to the model here. */
const item = record;
const efforts = literal("none", "minimal", "low", "medium", "high", "xhigh");
const summaries = literal("auto", "concise", "detailed");
const reasoningCheck = object(
  { effort: optional(nullable(efforts), null), summary: optional(nullable(summaries), null) },
  "ignore",
);

const responsesCheck = object(
  {
    model: required(text),
    input: required(anyOf(text, list(item))),
    instructions: optional(nullable(text), null),
    max_output_tokens: optional(nullable(looseInteger), null),
    temperature: optional(nullable(looseFloat), null),
    top_p: optional(nullable(looseFloat), null),
    stream: optional(looseFlag, false),
    reasoning: optional(nullable(reasoningCheck), null),
    tools: optional(nullable(list(record)), null),
    metadata: optional(nullable(mapping(text)), null),
    top_k: optional(nullable(looseInteger), null),
    enable_thinking: optional(nullable(looseFlag), null),
    stop: optional(nullable(stopWords), null),
    seed: optional(nullable(looseInteger), null),
  },
  "ignore",
);

interface ResponsesRequest {
  readonly model: string;
  readonly input: string | readonly { readonly role?: string; readonly content?: unknown }[];
  readonly instructions: string | null;
  readonly max_output_tokens: number | null;
  readonly stream: boolean;
  readonly reasoning: { readonly effort?: string | null } | null;
  readonly enable_thinking: boolean | null;
  readonly stop: string | readonly string[] | null;
  readonly [other: string]: unknown;
}

/** exo takes a message whose parts do not fit for an item of another kind, and stumbles over it later. */
const isReadable = (content: unknown): boolean =>
  !Array.isArray(content) || content.every((part) => !isRecord(part) || typeof (part.text ?? "") === "string");

async function responses(request: ApiRequest): Promise<void> {
  const body = readBody(request, responsesCheck) as ResponsesRequest;
  const { input, instructions, max_output_tokens: most, reasoning } = body;
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
  for (const { content } of items) if (!isReadable(content)) throw new Error("no field requires a value");
  const told = items.flatMap(({ role, content = null }) =>
    role === undefined ? [] : [{ role, content, reasoning_content: null, tool_calls: null }],
  );
  const system = { role: "system", content: instructions, reasoning_content: null, tool_calls: null };
  const messages = instructions === null ? told : [system, ...told];
  const params = taskParamsOf(
    { ...body, messages, max_tokens: most, reasoning_effort: reasoning?.effort ?? null },
    "chat",
  );
  const print = (value: object): string => chatText(value, request.node.variant);
  const telling = {
    stream: (out: Sse, id: string) => tellResponse(out, id, plainText(body.model), print),
    whole: wholeResponse,
  };
  await serveGeneration(request, params, telling, print);
}

/** OpenAI's Responses API as exo speaks it. */
export const responsesRoutes: readonly Route[] = [{ method: "POST", path: "/v1/responses", endpoint: responses }];
