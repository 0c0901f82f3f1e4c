import { modelCardFields } from "../exo/model-card-schema.js";
import type { SimulatedVariant } from "../exo/simulated-variant.js";
import { type Route, sendJson } from "./api-request.js";

const jsonType: Readonly<Record<string, object>> = {
  modelId: { type: "string" },
  storageSize: { $ref: "#/components/schemas/Memory" },
  nLayers: { type: "integer", exclusiveMinimum: 0 },
  hiddenSize: { type: "integer", exclusiveMinimum: 0 },
  supportsTensor: { type: "boolean" },
  tasks: { type: "array", items: { enum: ["TextGeneration", "TextToImage", "ImageToImage"] } },
  backends: { type: "array", items: { enum: ["MlxMetal", "MlxCpu", "MlxCuda", "Vllm"] } },
};

function cardSchema(variant: SimulatedVariant): object {
  const fields = Object.entries(modelCardFields(variant));
  return {
    type: "object",
    title: "ModelCard",
    additionalProperties: false,
    properties: Object.fromEntries(
      fields.map(([name]) => [name, { ...jsonType[name], title: name.replace(/^./, (first) => first.toUpperCase()) }]),
    ),
    required: fields.filter(([, field]) => field.fallback === undefined).map(([name]) => name),
  };
}

/** The document that tells variants apart: which fields a model card has, and which it needs. */
export function openApiDocument(variant: SimulatedVariant, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path } of routes) {
    const plain = path.replaceAll(":path}", "}");
    paths[plain] = {
      ...paths[plain],
      [method.toLowerCase()]: { responses: { "200": { description: "Successful Response" } } },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "FastAPI", version: "0.1.0" },
    paths,
    components: {
      schemas: {
        Memory: { type: "object", title: "Memory", properties: { inBytes: { type: "integer", default: 0 } } },
        "ModelCard-Input": cardSchema(variant),
        "ModelCard-Output": cardSchema(variant),
      },
    },
  };
}

/** FastAPI leaves its own description switched on. */
export function openApiRoutes(variant: SimulatedVariant, described: readonly Route[]): readonly Route[] {
  const document = openApiDocument(variant, described);
  return [{ method: "GET", path: "/openapi.json", endpoint: ({ response }) => sendJson(response, 200, document) }];
}
