import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { createParser } from "eventsource-parser";
import { z } from "zod";
import { Problem } from "../runtime/problem.js";

/** One answer as a person at a terminal sees it. */
export interface GatewayAnswer {
  readonly text: string;
  /** From sending the request to the first piece of text, reasoning included. */
  readonly firstTokenMs: number;
  readonly tookMs: number;
  readonly completionTokens?: number;
}

const chunkSchema = z.object({
  choices: z
    .array(z.object({ delta: z.object({ content: z.string().nullish(), reasoning_content: z.string().nullish() }) }))
    .default([]),
  usage: z.object({ completion_tokens: z.number() }).nullish(),
  error: z.object({ message: z.string() }).optional(),
});

/**
 * Asks a model through the gateway and hands on the answer as it streams.
 *
 * @throws Problem `gateway_refused` with the gateway's own sentence, `no_gateway` when nobody answers, or `answer_broken` when
 * the stream ends early or is not understood; the signal's reason once it aborts.
 */
export async function askGateway(options: {
  /** Such as `http://127.0.0.1:8415`. */
  readonly gateway: string;
  /** The gateway's socket for whoever owns the state folder: asked there instead, without key and certificate. */
  readonly socketPath?: string;
  readonly model: string;
  readonly prompt: string;
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
}): Promise<GatewayAnswer> {
  const startedAt = performance.now();
  const answer = await send(options);
  if (answer.statusCode !== 200) throw await refusal(answer);
  const reader = createReader(options.onText, startedAt);
  try {
    for await (const piece of answer.setEncoding("utf8")) reader.feed(String(piece));
  } catch (cause) {
    options.signal.throwIfAborted();
    throw cause instanceof Problem ? cause : broken("the answer broke off", cause);
  }
  return { ...reader.finish(), tookMs: performance.now() - startedAt };
}

const broken = (message: string, cause?: unknown): Problem =>
  new Problem("failed", "answer_broken", message, "Ask again; `exoctl status` shows whether the model is still up.", {
    cause,
  });

function readChunk(data: string): z.output<typeof chunkSchema> {
  try {
    return chunkSchema.parse(JSON.parse(data));
  } catch (cause) {
    throw broken("the gateway's answer is not understood", cause);
  }
}

function createReader(onText: (text: string) => void, startedAt: number) {
  let text = "";
  let firstTokenMs: number | undefined;
  let completionTokens: number | undefined;
  let finished = false;
  let failure: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === "[DONE]") {
        finished = true;
        return;
      }
      const chunk = readChunk(data);
      failure ??= chunk.error?.message;
      completionTokens = chunk.usage?.completion_tokens ?? completionTokens;
      const delta = chunk.choices[0]?.delta;
      if (delta?.content || delta?.reasoning_content) firstTokenMs ??= performance.now() - startedAt;
      if (!delta?.content) return;
      text += delta.content;
      onText(delta.content);
    },
  });
  return {
    feed: (piece: string): void => parser.feed(piece),
    finish: (): Omit<GatewayAnswer, "tookMs"> => {
      if (failure !== undefined || !finished) throw broken(failure ?? "the answer ended before it was complete");
      return { text, firstTokenMs: firstTokenMs ?? 0, ...(completionTokens === undefined ? {} : { completionTokens }) };
    },
  };
}

async function send(options: {
  readonly gateway: string;
  readonly socketPath?: string;
  readonly model: string;
  readonly prompt: string;
  readonly signal: AbortSignal;
}): Promise<IncomingMessage> {
  const { socketPath } = options;
  const origin = socketPath === undefined ? options.gateway : "http://localhost";
  const sent = request(`${origin}/v1/chat/completions`, {
    ...(socketPath === undefined ? {} : { socketPath }),
    method: "POST",
    headers: { "content-type": "application/json" },
    signal: options.signal,
    agent: false,
  });
  sent.end(
    JSON.stringify({
      model: options.model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: options.prompt }],
    }),
  );
  try {
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  } catch (cause) {
    options.signal.throwIfAborted();
    const hint = "The controller may have ended: `exoctl status` tells.";
    throw new Problem("unreachable", "no_gateway", `no gateway answers at ${options.gateway}`, hint, { cause });
  }
}

async function refusal(answer: IncomingMessage): Promise<Problem> {
  const body = await json(answer).catch(() => undefined); // not JSON: the fixed sentence below has to do
  const parsed = z.object({ error: z.object({ message: z.string() }) }).safeParse(body);
  const message = parsed.success ? parsed.data.error.message : "the gateway refused the request";
  return new Problem("failed", "gateway_refused", message, "`exoctl status` shows which models are ready.");
}
