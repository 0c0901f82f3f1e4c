import { bodyOf } from "../exo/exo-types.js";
import { type ApiRequest, type Route, sendJson } from "./api-request.js";
import { downloadedModels } from "./model-endpoints.js";

/** Not a version: a constant of the generation. */
const version = ({ node, response }: ApiRequest): void =>
  sendJson(response, 200, { version: node.variant === "newer" ? "1.0.0" : "exo v1.0" });

async function tags(request: ApiRequest): Promise<void> {
  const downloaded = downloadedModels(request);
  const cards = (await request.node.cards.list()).filter(({ modelId }) => downloaded.has(modelId));
  const models = cards.map((card) => ({
    name: card.modelId,
    model: card.modelId,
    modified_at: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    size: card.storageSize.inBytes,
    digest: "sha256:000000000000",
    details: {
      format: null,
      family: card.family || null,
      parameter_size: null,
      quantization_level: card.quantization || null,
    },
  }));
  sendJson(request.response, 200, { models });
}

function running({ node, response }: ApiRequest): void {
  const ids = new Set(Object.values(node.state().instances).map((one) => bodyOf(one).shardAssignments.modelId));
  sendJson(response, 200, { models: [...ids].map((id) => ({ name: id, model: id, size: 0 })) });
}

/** The parts of exo's Ollama API that tell what is there. */
export const ollamaRoutes: readonly Route[] = [
  { method: "HEAD", path: "/ollama/", endpoint: version },
  { method: "HEAD", path: "/ollama/api/version", endpoint: version },
  { method: "GET", path: "/ollama/api/version", endpoint: version },
  { method: "GET", path: "/ollama/api/tags", endpoint: tags },
  { method: "GET", path: "/ollama/api/api/tags", endpoint: tags },
  { method: "GET", path: "/ollama/api/v1/tags", endpoint: tags },
  { method: "GET", path: "/ollama/api/ps", endpoint: running },
];
