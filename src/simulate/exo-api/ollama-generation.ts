import type { Chunk, Usage } from "../exo/exo-types.js";
import { type Check, list, literal, nullable, object, optional, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, type Route, readBody, ValidationError } from "./api-request.js";
import { taskParamsOf } from "./chat-request.js";
import type { GenerationListener } from "./generation.js";
import { anyOf, looseFlag, looseFloat, looseInteger, record, stopWords } from "./loose-checks.js";
import { type Gathered, serveGeneration } from "./serve-generation.js";
import type { Sse } from "./sse.js";

const options = object(
  {
    ...Object.fromEntries(
      ["num_predict", "top_k", "seed"].map((name) => [name, optional(nullable(looseInteger), null)]),
    ),
    ...Object.fromEntries(["temperature", "top_p"].map((name) => [name, optional(nullable(looseFloat), null)])),
    stop: optional(nullable(stopWords), null),
  },
  "ignore",
);
const common = {
  model: required(text),
  stream: optional(looseFlag, true),
  options: optional(nullable(options), null),
  format: optional(nullable(anyOf(literal("json"), record)), null),
  keep_alive: optional(nullable(anyOf(text, looseInteger)), null),
};
const think = { think: optional(nullable(looseFlag), null) };
const call = object(
  { function: required(object({ name: required(text), arguments: required(anyOf(record, text)) }, "ignore")) },
  "ignore",
);
const message = object(
  {
    role: required(literal("system", "user", "assistant", "tool")),
    content: optional(nullable(text), null),
    images: optional(nullable(list(text)), null),
    tool_calls: optional(nullable(list(call)), null),
  },
  "ignore",
);
const chatCheck = object({ ...common, ...think, messages: required(list(message)) }, "ignore");
const generateCheck = object(
  {
    ...common,
    ...think,
    prompt: optional(text, ""),
    raw: optional(looseFlag, false),
    system: optional(nullable(text), null),
  },
  "ignore",
);

interface OllamaRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly options: { readonly num_predict?: number | null; readonly stop?: string | readonly string[] | null } | null;
  readonly think: boolean | null;
  readonly messages?: readonly { readonly role: string; readonly content: string | null }[];
  readonly prompt?: string;
  readonly system?: string | null;
}

/** How words are carried: in a message, or bare. */
interface Carrier {
  words(content: string, thinking: string | undefined): object;
  /** What an error says. */
  error(message: string): object;
}

const inMessage: Carrier = {
  words: (content, thinking) => ({
    message: { role: "assistant", content, ...(thinking === undefined ? {} : { thinking }) },
  }),
  error: (words) => ({ message: { role: "assistant", content: words } }),
};
const bare: Carrier = {
  words: (response, thinking) => ({ response, ...(thinking === undefined ? {} : { thinking }) }),
  error: () => ({ response: "" }),
};

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, "Z");
const counts = (usage: Usage | null): object =>
  usage === null ? {} : { prompt_eval_count: usage.prompt_tokens, eval_count: usage.completion_tokens };
const last = (reason: string | null, usage: Usage | null): object => ({
  done: true,
  ...(reason === null ? {} : { done_reason: reason }),
  ...counts(usage),
});

function tellLines(out: Sse, carrier: Carrier): GenerationListener {
  const line = (model: string, rest: object): void =>
    out.write(`${JSON.stringify({ model, created_at: now(), ...rest })}\n`);
  const token = (chunk: Extract<Chunk, { kind: "token" }>): void => {
    const { model, finishReason, isThinking, usage } = chunk;
    const words = isThinking ? carrier.words("", chunk.text) : carrier.words(chunk.text, undefined);
    const end = finishReason === null || isThinking ? { done: false } : last(finishReason, usage);
    line(model, { ...words, ...end });
    if (finishReason !== null) out.end();
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "token") return token(chunk);
      if (chunk.kind === "prefill") return;
      line(chunk.model, { ...carrier.error(chunk.errorMessage), done: true, done_reason: "error" });
      out.end();
    },
    onSilentEnd: () => out.end(),
  };
}

const wholeOf = (carrier: Carrier, { model, content, reasoning, finishReason, usage }: Gathered): object => ({
  ...{ model, created_at: now() },
  ...carrier.words(content, reasoning),
  ...last(finishReason, usage),
});

/** exo reads these bodies itself, and does not expect that they may not fit: an error of its own, not the client's. */
function readOllama(request: ApiRequest, check: Check): OllamaRequest {
  try {
    return readBody({ ...request, contentType: undefined }, check) as OllamaRequest;
  } catch (error) {
    if (error instanceof ValidationError) throw new Error("1 validation error", { cause: error });
    throw error;
  }
}

async function generate(request: ApiRequest, check: Check, carrier: Carrier): Promise<void> {
  const body = readOllama(request, check);
  const system = body.system === null || body.system === undefined ? [] : [{ role: "system", content: body.system }];
  const told = body.messages ?? [...system, { role: "user", content: body.prompt ?? "" }];
  const messages = told.map((one) => ({ ...one, reasoning_content: null, tool_calls: null }));
  const { model, stream, options, think: enable_thinking } = body;
  const chat = {
    ...{ model, stream, messages, enable_thinking, reasoning_effort: null },
    ...{ max_tokens: options?.num_predict ?? null, stop: options?.stop ?? null },
  };
  const telling = {
    lines: true as const,
    stream: (out: Sse) => tellLines(out, carrier),
    whole: (_id: string, gathered: Gathered) => wholeOf(carrier, gathered),
  };
  await serveGeneration(request, taskParamsOf(chat, "chat"), telling, JSON.stringify);
}

const chat = (request: ApiRequest): Promise<void> => generate(request, chatCheck, inMessage);

/** Ollama's chat and generate as exo speaks them: lines of JSON by default. */
export const ollamaGenerationRoutes: readonly Route[] = [
  { method: "POST", path: "/ollama/api/chat", endpoint: chat },
  { method: "POST", path: "/ollama/api/api/chat", endpoint: chat },
  { method: "POST", path: "/ollama/api/v1/chat", endpoint: chat },
  { method: "POST", path: "/ollama/api/generate", endpoint: (request) => generate(request, generateCheck, bare) },
];
