import type { ServerResponse } from "node:http";
import type { ClassicTopology } from "../../cluster/classic-topology.js";
import { type ClassicCards, engineClass, supportedIds } from "./classic-registry.js";
import { ClassicCrash, ClassicHttpError, pythonList, sendJson } from "./classic-reply.js";

/** `GET /v1/topology`. */
export function topologyJson({ nodes, edges, activeNodeId }: ClassicTopology) {
  const graph = new Map<string, { from_id: string; to_id: string; description: string }[]>();
  for (const { from, to, description } of edges) {
    graph.set(from, [...(graph.get(from) ?? []), { from_id: from, to_id: to, description }]);
  }
  return {
    nodes: Object.fromEntries(
      [...nodes].map(([id, { model, chip, memoryMb, flops }]) => [id, { model, chip, memory: memoryMb, flops }]),
    ),
    peer_graph: Object.fromEntries(graph),
    active_node_id: activeNodeId ?? null,
  };
}

/** `GET /v1/models`: the whole registry, whatever the engine, always ready. */
export const modelsJson = (cards: ClassicCards) => ({
  object: "list",
  data: [...cards.keys()].map((id) => ({ id, object: "model", owned_by: "exo", ready: true })),
});

/** `GET /initial_models`: what this engine could run. */
export const initialModelsJson = (cards: ClassicCards) =>
  Object.fromEntries(
    supportedIds(cards).map((id) => [
      id,
      {
        name: cards.get(id)?.prettyName ?? null,
        downloaded: null,
        download_percentage: null,
        total_size: null,
        total_downloaded: null,
        loading: true,
      },
    ]),
  );

const memberOf = (body: unknown, name: string): unknown => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new ClassicCrash();
  return Object.hasOwn(body, name) ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
};

/** `POST /download`. The dummy engine has nothing to download with. */
export function refuseDownload(cards: ClassicCards, body: unknown): never {
  const model = memberOf(body, "model");
  const refuse = (status: number, error: string): never => {
    throw new ClassicHttpError(status, { error });
  };
  if (typeof model !== "string" || model === "") return refuse(400, "model parameter is required");
  if (!cards.has(model))
    return refuse(400, `Invalid model: ${model}. Supported models: ${pythonList([...cards.keys()])}`);
  if (cards.get(model)?.repos.has(engineClass) !== true) return refuse(400, `Could not build shard for model ${model}`);
  return refuse(500, `'${engineClass}' object has no attribute 'shard_downloader'`);
}

/** `DELETE /models/{id}`: nothing is ever on a simulated disk. */
export function refuseDeletion(cards: ClassicCards, id: string): never {
  if (cards.get(id)?.repos.has(engineClass) === true)
    throw new ClassicHttpError(404, { detail: `Model ${id} files not found` });
  throw new ClassicHttpError(500, { detail: "Error deleting model: 'NoneType' object has no attribute 'replace'" });
}

/** `POST /v1/image/generations`: no model of this engine makes images. */
export function refuseImages(body: unknown): never {
  const model = memberOf(body, "model") ?? "";
  throw new ClassicHttpError(400, {
    error: `Unsupported model: ${String(model)} with inference engine ${engineClass}`,
  });
}

/** `POST /create_animation`: real exo would read and write files that the caller names. */
export function refuseAnimation(body: unknown): never {
  const missing = memberOf(body, "replacement_image_path") === undefined;
  const error = missing ? "replacement_image_path is required" : "the simulation reads and writes no pictures";
  throw new ClassicHttpError(missing ? 400 : 500, { error });
}

/** `POST /v1/chat/token/encode`: exo cannot write the dummy's tokens as JSON, and has no words for models of other engines. */
export function refuseEncoding(): never {
  throw new ClassicCrash();
}

/** `GET /modelpool`: the dummy engine has no downloads to tell of. */
export function sendModelPool(response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache",
    connection: "keep-alive",
  });
  response.end("data: [DONE]\n\n");
}

/** `GET /`: exo's chat page. */
export function sendPage(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<!doctype html><title>simulated exo 0.0.15</title>\n");
}

export const sendOk = (response: ServerResponse, body: unknown): void => sendJson(response, 200, body);
