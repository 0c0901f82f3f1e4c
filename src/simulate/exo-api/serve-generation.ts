import type { Chunk, TaskParams, Usage } from "../exo/exo-types.js";
import type { ApiRequest } from "./api-request.js";
import { type GenerationListener, requireInstance, startGeneration } from "./generation.js";
import { openNdjson, openSse, type Sse } from "./sse.js";

/** One generation as one of exo's APIs tells it. */
export interface Telling {
  /** Piece by piece. */
  stream(out: Sse, commandId: string): GenerationListener;
  /** The body of the answer in one piece. */
  whole(commandId: string, gathered: Gathered): object;
  /** Ollama's streams are lines, without comments. */
  readonly lines?: true;
}

/** Everything that a generation said, put together. */
export interface Gathered {
  readonly model: string;
  readonly content: string;
  /** Absent when it did not think aloud. */
  readonly reasoning?: string;
  readonly finishReason: string | null;
  readonly usage: Usage | null;
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
function gather({ response }: ApiRequest, answer: (gathered: Gathered) => string): GenerationListener {
  const said: Extract<Chunk, { kind: "token" }>[] = [];
  const finish = (): void => {
    const model = said[0]?.model;
    if (model === undefined) return void response.destroy();
    const textOf = (isThinking: boolean): string =>
      said.flatMap((token) => (token.isThinking === isThinking ? [token.text] : [])).join("");
    const reasoning = said.some((token) => token.isThinking) ? { reasoning: textOf(true) } : {};
    const { finishReason = null, usage = null } = said.at(-1) ?? {};
    response.end(answer({ model, content: textOf(false), ...reasoning, finishReason, usage }));
  };
  return {
    onChunk(chunk) {
      if (chunk.kind === "prefill") return;
      if (chunk.kind === "error") return void response.destroy();
      said.push(chunk);
      if (chunk.finishReason !== null) finish();
    },
    onSilentEnd: finish,
  };
}

/**
 * Serves one generation in the words of one API.
 *
 * @param print JSON of this variant and API
 */
export async function serveGeneration(
  request: ApiRequest,
  params: TaskParams,
  telling: Telling,
  print: (value: object) => string,
): Promise<void> {
  const { node, response } = request;
  requireInstance(node, params.model);
  if (params.stream) {
    const out = telling.lines === true ? openNdjson(response) : openSse(response, node.keepAliveMs);
    return await startGeneration(node, params, out.signal, (id) => telling.stream(out, id));
  }
  const gone = clientGone(request);
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  await startGeneration(node, params, gone, (id) => gather(request, (all) => print(telling.whole(id, all))));
}
