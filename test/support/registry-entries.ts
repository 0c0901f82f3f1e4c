import type { ExoVariant } from "../../src/cluster/exo-variant.js";
import { modelId } from "../../src/cluster/names.js";
import type { EntrySpec } from "../../src/cluster/registry-report.js";

/** Our entry for gpt-oss-120b with changes. */
export const anEntry = (changes: Partial<EntrySpec> = {}): EntrySpec => ({
  modelId: modelId("exoctl/gpt-oss-120b-MXFP4-Q8"),
  weightsOf: modelId("mlx-community/gpt-oss-120b-MXFP4-Q8"),
  layers: 36,
  hiddenSize: 2880,
  kvHeads: 8,
  contextTokens: 131_072,
  storageBytes: 63_235_000_000,
  supportsTensor: true,
  family: "gpt-oss",
  quantization: "MXFP4-Q8",
  baseModel: "GPT-OSS 120B",
  capabilities: ["text", "thinking"],
  ...changes,
});

const required = ["hidden_size", "model_id", "n_layers", "storage_size", "supports_tensor", "tasks"];
const fields68 = [
  ...required,
  "base_model",
  "capabilities",
  "components",
  "family",
  "quantization",
  "trust_remote_code",
  "uses_cfg",
];
const fields69 = [...fields68, "is_custom", "num_key_value_heads"];
const fields70 = [...fields69, "context_length", "vision"];
const fields71 = [...fields70, "sampling_defaults"];
const fieldsAfter = [...fields71, "backends", "reasoning_dialect"];

/** Card fields of each exo, as read in its source. */
export const variants: Readonly<Record<"1.0.68" | "1.0.69" | "1.0.70" | "1.0.71" | "after 1.0.71", ExoVariant>> = {
  "1.0.68": { label: "1.0.68", cardFields: fields68, requiredCardFields: required },
  "1.0.69": { label: "1.0.69", cardFields: fields69, requiredCardFields: required },
  "1.0.70": { label: "1.0.70", cardFields: fields70, requiredCardFields: required },
  "1.0.71": { label: "1.0.71", cardFields: fields71, requiredCardFields: required },
  "after 1.0.71": {
    label: "after 1.0.71",
    cardFields: fieldsAfter,
    requiredCardFields: [...required, "backends"],
  },
};
