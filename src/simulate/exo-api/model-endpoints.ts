import { bodyOf, type ModelCard, tagOf } from "../exo/exo-types.js";
import { object, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, ExoHttpError, type Route, readBody, sendJson } from "./api-request.js";

const shortName = (modelId: string): string => modelId.split("/").at(-1) ?? modelId;
const nowSec = (): number => Math.floor(Date.now() / 1_000);

const listEntry = (card: ModelCard, isCustom: boolean) => ({
  id: card.modelId,
  object: "model",
  created: nowSec(),
  owned_by: "exo",
  hugging_face_id: card.modelId,
  name: shortName(card.modelId),
  description: "",
  context_length: card.contextLength ?? 0,
  tags: [],
  storage_size_megabytes: Math.round(card.storageSize.inBytes / 2 ** 20),
  supports_tensor: card.supportsTensor,
  tasks: card.tasks,
  is_custom: isCustom,
  family: card.family,
  quantization: card.quantization,
  base_model: card.baseModel,
  capabilities: card.capabilities,
  ...(card.reasoningDialect === undefined ? {} : { reasoning_dialect: card.reasoningDialect }),
});

/** Ids of models that some node has completely. */
export const downloadedModels = (request: ApiRequest): ReadonlySet<string> =>
  new Set(
    Object.values(request.node.state().downloads)
      .flat()
      .filter((download) => tagOf(download) === "DownloadCompleted")
      .map((download) => bodyOf(bodyOf(download).shardMetadata).modelCard.modelId),
  );

async function listModels(request: ApiRequest): Promise<void> {
  const cards = await request.node.cards.list();
  const downloaded = request.query.get("status") === "downloaded" ? downloadedModels(request) : undefined;
  const wanted = cards.filter(({ modelId }) => downloaded?.has(modelId) ?? true);
  const { isCustom } = request.node.cards;
  const data = await Promise.all(wanted.map(async (card) => listEntry(card, await isCustom(card.modelId))));
  sendJson(request.response, 200, { object: "list", data });
}

const addCheck = object({ model_id: required(text) }, "ignore");

async function addModel(request: ApiRequest): Promise<void> {
  const { model_id: modelId } = readBody(request, addCheck) as { readonly model_id: string };
  const card = await request.node.cards.fetch(modelId).catch((error: Error) => {
    throw new ExoHttpError(400, `Failed to fetch model: ${error.message}`);
  });
  // 1.0.68 keeps it to itself.
  if (request.node.variant === "1.0.68") await request.node.cards.save(card);
  else request.node.commandNow({ type: "AddCustomModelCard", modelCard: card });
  request.node.cards.add(card);
  const bare = { context_length: 0, family: "", quantization: "", base_model: "", capabilities: [] };
  sendJson(request.response, 200, { ...listEntry(card, true), ...bare });
}

async function removeModel(request: ApiRequest): Promise<void> {
  const modelId = request.params.model_id ?? "";
  const { cards, variant } = request.node;
  if (!(await cards.isCustom(modelId))) throw new ExoHttpError(404, "Custom model card not found");
  if (variant === "1.0.68") await cards.drop(modelId);
  else request.node.commandNow({ type: "DeleteCustomModelCard", modelId });
  sendJson(request.response, 200, { message: "Model card deleted", model_id: modelId });
}

/** exo asks Hugging Face, which a simulation does not, and expects no failure. */
function searchModels(): never {
  throw new Error("Cannot connect to host huggingface.co:443");
}

/** The registry as clients see it. */
export const modelRoutes: readonly Route[] = [
  { method: "GET", path: "/models", endpoint: listModels },
  { method: "GET", path: "/v1/models", endpoint: listModels },
  { method: "POST", path: "/models/add", endpoint: addModel },
  { method: "GET", path: "/models/search", endpoint: searchModels },
  { method: "DELETE", path: "/models/custom/{model_id:path}", endpoint: removeModel },
];
