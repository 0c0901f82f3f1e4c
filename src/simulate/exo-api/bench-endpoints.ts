import type { GenerationStats } from "../exo/exo-types.js";
import { since } from "../exo/simulated-variant.js";
import { type ApiRequest, type Route, readBody } from "./api-request.js";
import { streamListener } from "./chat-endpoints.js";
import { chatText, completionJson } from "./chat-json.js";
import { type ChatRequest, chatCheck, taskParamsOf } from "./chat-request.js";
import { type GenerationListener, requireInstance, startGeneration } from "./generation.js";
import { clientGone } from "./serve-generation.js";
import { openSse } from "./sse.js";

/** Mean power of a Mac under load, by exo's sampler. */
const wattsPerNode = 21.7;

function powerUsage(request: ApiRequest, elapsedSec: number): object {
  const nodes = Object.keys(request.node.state().nodeSystem).map((node_id) => ({
    node_id,
    samples: Math.max(1, Math.round(elapsedSec)),
    avg_sys_power: wattsPerNode,
  }));
  return {
    elapsed_seconds: elapsedSec,
    nodes,
    total_avg_sys_power_watts: nodes.length * wattsPerNode,
    total_energy_joules: nodes.length * wattsPerNode * elapsedSec,
  };
}

function failInPlainText({ response }: ApiRequest): void {
  response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
  response.end("Internal Server Error");
}

function benchListener(request: ApiRequest, commandId: string): GenerationListener {
  const startedMs = performance.now();
  const parts: string[] = [];
  const answer = (model: string, finishReason: string, stats: GenerationStats | null): void => {
    const said = { content: parts.join(""), reasoning: null };
    const elapsedSec = (performance.now() - startedMs) / 1_000;
    const body = {
      ...completionJson(commandId, model, said, finishReason, null),
      generation_stats: stats && { ...stats, peak_memory_usage: { inBytes: stats.peak_memory_usage.in_bytes } },
      ...(since(request.node.variant, "1.0.69") ? { power_usage: powerUsage(request, elapsedSec) } : {}),
    };
    request.response.writeHead(200, { "content-type": "application/json" });
    request.response.end(chatText(body, "1.0.71"));
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "prefill") return;
      if (chunk.kind === "error") return failInPlainText(request);
      parts.push(chunk.text);
      if (chunk.finishReason !== null) answer(chunk.model, chunk.finishReason, chunk.stats);
    },
    onSilentEnd: () => failInPlainText(request),
  };
}

async function bench(request: ApiRequest): Promise<void> {
  const { node, response } = request;
  const body = readBody(request, chatCheck) as ChatRequest;
  const params = taskParamsOf(body, "bench");
  requireInstance(node, params.model);
  if (body.stream && node.variant === "newer") {
    const sse = openSse(response, node.keepAliveMs);
    return await startGeneration(node, params, sse.signal, (id) => streamListener(sse, id, node.variant));
  }
  await startGeneration(node, params, clientGone(request), (id) => benchListener(request, id));
}

/** exo's own benchmark: no end token, no parsing of channels, statistics in the answer. */
export const benchRoutes: readonly Route[] = [{ method: "POST", path: "/bench/chat/completions", endpoint: bench }];
