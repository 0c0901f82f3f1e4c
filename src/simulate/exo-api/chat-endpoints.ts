import type { Chunk } from "../exo/exo-types.js";
import { type SimulatedVariant, since } from "../exo/simulated-variant.js";
import { type ApiRequest, ExoHttpError, type Route, readBody, sendJson } from "./api-request.js";
import { chatText, chunkJson, completionJson } from "./chat-json.js";
import { type ChatRequest, chatCheck, taskParamsOf } from "./chat-request.js";
import { chunkJson as commentJson } from "./event-json.js";
import type { GenerationListener } from "./generation.js";
import { type Gathered, serveGeneration } from "./serve-generation.js";
import type { Sse } from "./sse.js";

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
    if (chunk.stats !== null && since(variant, "1.0.69"))
      sse.write(`: generation_stats ${JSON.stringify(chunk.stats)}\n\n`);
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

async function chat(request: ApiRequest): Promise<void> {
  const { variant } = request.node;
  const params = taskParamsOf(readBody(request, chatCheck) as ChatRequest, "chat");
  const telling = {
    stream: (out: Sse, id: string) => streamListener(out, id, variant),
    whole: (id: string, { model, content, reasoning, finishReason, usage }: Gathered) =>
      completionJson(id, model, { content, reasoning: reasoning ?? null }, finishReason, usage),
  };
  await serveGeneration(request, params, telling, (value) => chatText(value, variant));
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
    ...(since(variant, "1.0.69")
      ? [{ method: "POST", path: "/v1/cancel/{command_id}", endpoint: cancel } as const]
      : []),
  ];
}
