import { readFileSync } from "node:fs";
import type { ExoVariant } from "../../src/cluster/exo-variant.js";
import { modelId } from "../../src/cluster/names.js";
import type { EntrySpec } from "../../src/cluster/registry-report.js";

/** A JSON file below `test/fixtures/exo`. */
export const exoFixture = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/exo/${path}`, import.meta.url), "utf8"));

const released = [
  "base_model",
  "capabilities",
  "components",
  "context_length",
  "family",
  "hidden_size",
  "is_custom",
  "model_id",
  "n_layers",
  "num_key_value_heads",
  "quantization",
  "sampling_defaults",
  "storage_size",
  "supports_tensor",
  "tasks",
  "trust_remote_code",
  "uses_cfg",
  "vision",
];
const required = ["hidden_size", "model_id", "n_layers", "storage_size", "supports_tensor", "tasks"];

/** What exo 1.0.71 says of its model cards. */
export const variant71: ExoVariant = { label: "1.0.71", cardFields: released, requiredCardFields: required };

/** The newest exo: cards need `backends`. */
export const variantHead: ExoVariant = {
  label: "after 1.0.71",
  cardFields: [...released, "backends", "reasoning_dialect"].toSorted(),
  requiredCardFields: [...required, "backends"].toSorted(),
};

/** Our entry of gpt-oss-120b. */
export const gptOssEntry: EntrySpec = {
  modelId: modelId("exoctl/gpt-oss-120b-MXFP4-Q8"),
  weightsOf: modelId("mlx-community/gpt-oss-120b-MXFP4-Q8"),
  layers: 36,
  hiddenSize: 2880,
  kvHeads: 8,
  contextTokens: 131_072,
  storageBytes: 63_254_703_744,
  supportsTensor: true,
  family: "gpt-oss",
  quantization: "MXFP4-Q8",
  baseModel: "GPT-OSS 120B",
  capabilities: ["text", "thinking"],
};

/** The part of exo's `/openapi.json` that tells its variant. */
export const openApiOf = (variant: ExoVariant): unknown => {
  const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return {
    paths: { "/instance": {}, "/models/add": {} },
    components: {
      schemas: {
        "ModelCard-Input": {
          properties: Object.fromEntries(variant.cardFields.map((name) => [camel(name), {}])),
          required: variant.requiredCardFields.map(camel),
        },
      },
    },
  };
};
