import { anything, nullable, object, optional, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, type Route, readBody } from "./api-request.js";
import { chatText } from "./chat-json.js";
import { looseFlag, looseFloat, looseInteger, plainText, taskParamsOf } from "./chat-request.js";
import { serveGeneration } from "./serve-generation.js";
import type { Sse } from "./sse.js";
import { tellResponse, wholeResponse } from "./tell-response.js";

const responsesCheck = object(
  {
    model: required(text),
    input: required((value, loc) => (Array.isArray(value) ? anything(value, loc) : text(value, loc))),
    instructions: optional(nullable(text), null),
    max_output_tokens: optional(nullable(looseInteger), null),
    temperature: optional(nullable(looseFloat), null),
    top_p: optional(nullable(looseFloat), null),
    stream: optional(looseFlag, false),
    reasoning: optional(anything, null),
    enable_thinking: optional(nullable(looseFlag), null),
    stop: optional(anything, null),
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

async function responses(request: ApiRequest): Promise<void> {
  const body = readBody(request, responsesCheck) as ResponsesRequest;
  const { input, instructions, max_output_tokens: most, reasoning } = body;
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
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
