import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { type ClassicCard, type ClassicCards, engineClass, supportedIds } from "./classic-registry.js";
import { ClassicCrash, ClassicHttpError, pythonList, sendJson } from "./classic-reply.js";
import { endToken, type RingRequests } from "./ring-requests.js";
import { createTokenQueue } from "./token-queue.js";

/** What chats need of a node. */
export interface ChatNode {
  readonly cards: ClassicCards;
  readonly defaultModel: string;
  readonly requests: RingRequests;
}

/** Python asks for these two members of each message and for the list; it looks at no types. */
const requestSchema = z.looseObject({
  model: z.unknown().optional(),
  stream: z.unknown().optional(),
  messages: z.array(
    z.looseObject({ role: z.unknown(), content: z.unknown() }).refine((m) => "role" in m && "content" in m),
  ),
});

/**
 * The model that exo really takes: names that begin `gpt-`, unknown ones and missing ones are its default model, without a word.
 *
 * @throws ClassicHttpError when that one has no repository for this engine, or no layers
 */
export function chooseModel(
  asked: unknown,
  { cards, defaultModel }: Pick<ChatNode, "cards" | "defaultModel">,
): ClassicCard {
  const wanted = typeof asked === "string" && !asked.startsWith("gpt-") && cards.has(asked) ? asked : defaultModel;
  const card = cards.get(wanted);
  if (card?.repos.has(engineClass) === true && card.layers >= 1) return card;
  const detail = `Unsupported model: ${wanted} with inference engine ${engineClass}. Supported models for this engine: ${pythonList(supportedIds(cards))}`;
  throw new ClassicHttpError(400, { detail });
}

/** `POST /v1/chat/completions`. Everything but model, messages and stream is ignored, as in exo. */
export async function answerChat(node: ChatNode, body: unknown, response: ServerResponse): Promise<void> {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) throw new ClassicCrash();
  const card = chooseModel(parsed.data.model, node);
  // Only exo's own dummy has a tokenizer that needs no files.
  if (card.repos.get(engineClass) !== "dummy") throw new ClassicCrash();
  const requestId = randomUUID();
  const queue = createTokenQueue(node.requests, requestId);
  // The ring goes on when the client leaves or the time is up; only nobody listens any more.
  response.once("close", queue.close);
  try {
    await node.requests.prompt({ requestId, modelId: card.id, layers: card.layers }).catch((error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      throw new ClassicHttpError(500, { detail: `Error processing prompt (see logs with DEBUG>=2): ${words}` });
    });
    if (response.destroyed) return;
    if (isTruthy(parsed.data.stream))
      await stream(queue.results, response, (text, reason) => chunk(card.id, requestId, text, reason));
    else await whole(queue.results, response, (text, reason) => chunk(card.id, requestId, text, reason));
  } finally {
    queue.close();
  }
}

/** Python's idea of true. */
const isTruthy = (value: unknown): boolean => Boolean(value) && !(Array.isArray(value) && value.length === 0);

type Results = AsyncIterable<{ readonly tokens: readonly number[]; readonly isFinished: boolean }>;
type Make = (text: string, reason: "stop" | "length" | null) => ReturnType<typeof chunk>;

const textOf = (tokens: readonly number[]): string => "dummy".repeat(tokens.length);
const reasonOf = (tokens: readonly number[]): "stop" | "length" => (tokens.at(-1) === endToken ? "stop" : "length");

async function stream(results: Results, response: ServerResponse, make: Make): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  for await (const { tokens, isFinished } of results) {
    if (response.destroyed) return;
    const made = make(textOf(tokens), isFinished ? reasonOf(tokens) : null);
    const [choice] = made.choices;
    const event = { ...made, choices: [{ ...choice, delta: choice.message }] };
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (isFinished) break;
  }
  response.end();
}

async function whole(results: Results, response: ServerResponse, make: Make): Promise<void> {
  const all: number[] = [];
  for await (const { tokens, isFinished } of results) {
    all.push(...tokens);
    if (isFinished) break;
  }
  if (response.destroyed || response.headersSent) return;
  const usage = { prompt_tokens: 1, completion_tokens: all.length, total_tokens: all.length + 1 };
  sendJson(response, 200, { ...make(textOf(all), reasonOf(all)), usage });
}

const chunk = (model: string, requestId: string, content: string, reason: "stop" | "length" | null) => ({
  id: `chatcmpl-${requestId}`,
  object: "chat.completion",
  created: Math.floor(Date.now() / 1_000),
  model,
  system_fingerprint: "exo_0.0.1",
  choices: [{ index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: reason }] as const,
});
