import type { Chunk, SimulatedVariant, Usage } from "../exo/exo-types.js";
import { type ApiRequest, ExoHttpError, type Route, readBody, sendJson } from "./api-request.js";
import { chatText, chunkJson, completionJson } from "./chat-json.js";
import { type ChatRequest, chatCheck, taskParamsOf } from "./chat-request.js";
import { chunkJson as commentJson } from "./event-json.js";
import { type GenerationListener, requireInstance, startGeneration } from "./generation.js";
import { openSse, type Sse } from "./sse.js";

const errorJson = (message: string) => ({
  error: { message, type: "InternalServerError", param: null, code: 500 },
});

/** Turns chunks into exo's stream. Usage stands on the last chunk only, statistics in a comment after it. */
export function streamListener(sse: Sse, commandId: string, variant: SimulatedVariant): GenerationListener {
  const data = (value: unknown): string => `data: ${chatText(value, variant)}\n\n`;
  const onToken = (chunk: Extract<Chunk, { kind: "token" }>): void => {
    const said = chunk.isThinking ? { content: null, reasoning: chunk.text } : { content: chunk.text, reasoning: null };
    sse.write(data(chunkJson(commandId, chunk.model, said, chunk.finishReason, chunk.usage)));
    if (chunk.finishReason === null) return;
    if (chunk.stats !== null) sse.write(`: generation_stats ${JSON.stringify(chunk.stats)}\n\n`);
    sse.end("data: [DONE]\n\n");
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "token") return onToken(chunk);
      if (chunk.kind === "prefill") return sse.write(`: prefill_progress ${JSON.stringify(commentJson(chunk))}\n\n`);
      sse.write(data(errorJson(chunk.errorMessage)));
      sse.end("data: [DONE]\n\n");
    },
    onSilentEnd: () => sse.end(),
  };
}

/** Signals when the client of a request goes away before the answer is complete. */
export function clientGone({ response }: ApiRequest): AbortSignal {
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableEnded) gone.abort();
  });
  return gone.signal;
}

/** Gathers chunks for an answer in one piece. An error breaks the connection off: the status 200 has long been sent. */
function collectListener(request: ApiRequest, commandId: string): GenerationListener {
  const { response, node } = request;
  const content: string[] = [];
  const reasoning: string[] = [];
  let model: string | undefined;
  let finishReason: string | null = null;
  let usage: Usage | null = null;
  const answer = (): void => {
    if (model === undefined) return void response.destroy();
    const said = { content: content.join(""), reasoning: reasoning.length === 0 ? null : reasoning.join("") };
    response.end(chatText(completionJson(commandId, model, said, finishReason, usage), node.variant));
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "prefill") return;
      if (chunk.kind === "error") return void response.destroy();
      model ??= chunk.model;
      (chunk.isThinking ? reasoning : content).push(chunk.text);
      usage = chunk.usage ?? usage;
      finishReason = chunk.finishReason;
      if (finishReason !== null) answer();
    },
    onSilentEnd: answer,
  };
}

async function chat(request: ApiRequest): Promise<void> {
  const { node, response } = request;
  const body = readBody(request, chatCheck) as ChatRequest;
  const params = taskParamsOf(body, "chat");
  requireInstance(node, params.model);
  if (params.stream) {
    const sse = openSse(response, node.keepAliveMs);
    return await startGeneration(node, params, sse.signal, (id) => streamListener(sse, id, node.variant));
  }
  const gone = clientGone(request);
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  await startGeneration(node, params, gone, (id) => collectListener(request, id));
}

/** Closes the stream on this node and cancels, in that order of haste: workers rarely see the cancellation. */
async function cancel({ node, response, params }: ApiRequest): Promise<void> {
  const commandId = params.command_id ?? "";
  if (!node.streams.isOpen(commandId)) throw new ExoHttpError(404, "Command not found or already completed");
  await node.command({ type: "TaskCancelled", cancelledCommandId: commandId });
  node.streams.close(commandId);
  sendJson(response, 200, { message: "Command cancelled.", command_id: commandId });
}

/** OpenAI chat completions, and cancelling them. */
export function chatRoutes(variant: SimulatedVariant): readonly Route[] {
  return [
    { method: "POST", path: "/v1/chat/completions", endpoint: chat },
    ...(variant === "newer" ? [{ method: "POST", path: "/ollama/v1/chat/completions", endpoint: chat } as const] : []),
    { method: "POST", path: "/v1/cancel/{command_id}", endpoint: cancel },
  ];
}
