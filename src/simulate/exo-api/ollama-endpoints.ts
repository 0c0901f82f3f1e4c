import { bodyOf } from "../exo/exo-types.js";
import { nullable, object, optional, text } from "../exo/strict-schema.js";
import { type ApiRequest, ExoHttpError, type Route, readBody, sendJson } from "./api-request.js";
import { downloadedModels } from "./model-endpoints.js";

const noDetails = { format: null, family: null, parameter_size: null, quantization_level: null };

const nothingElse = { digest: null, details: null, expires_at: null, size_vram: null };

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
    details: { ...noDetails, family: card.family || null, quantization_level: card.quantization || null },
  }));
  sendJson(request.response, 200, { models });
}

function running({ node, response }: ApiRequest): void {
  const ids = new Set(Object.values(node.state().instances).map((one) => bodyOf(one).shardAssignments.modelId));
  sendJson(response, 200, { models: [...ids].map((id) => ({ name: id, model: id, size: 0, ...nothingElse })) });
}

const showCheck = object({ name: optional(nullable(text), null), model: optional(nullable(text), null) }, "ignore");

async function show(request: ApiRequest): Promise<void> {
  const { name, model } = readBody({ ...request, contentType: undefined }, showCheck) as Record<string, string | null>;
  const wanted = name || model;
  if (!wanted) throw new ExoHttpError(400, "name or model is required");
  const card = await request.node.cards.load(wanted).catch(() => {
    throw new ExoHttpError(404, `Model not found: ${wanted}`);
  });
  const family = card.family || "unknown";
  const newest = request.node.variant === "newer";
  const context = newest && card.contextLength ? { [`${family}.context_length`]: card.contextLength } : {};
  const info = { "general.architecture": family, "general.basename": card.baseModel || card.modelId, ...context };
  sendJson(request.response, 200, {
    modelfile: `FROM ${card.modelId}`,
    parameters: null,
    template: "{{ .Prompt }}",
    details: { ...noDetails, family: card.family || null, quantization_level: card.quantization || null },
    model_info: newest ? info : null,
    ...(newest ? { capabilities: ["completion", "tools"] } : {}),
  });
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
  { method: "POST", path: "/ollama/api/show", endpoint: show },
];
