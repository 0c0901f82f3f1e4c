import type { ModelCard } from "./exo-types.js";
import { modelCardCheck } from "./model-card-schema.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";

const gptOss = (modelId: string, nLayers: number, inBytes: number, baseModel: string, variant: SimulatedVariant) => ({
  model_id: modelId,
  n_layers: nLayers,
  hidden_size: 2880,
  ...(since(variant, "1.0.69") ? { num_key_value_heads: 8 } : {}),
  supports_tensor: true,
  tasks: ["TextGeneration"],
  family: "gpt-oss",
  quantization: "MXFP4-Q8",
  base_model: baseModel,
  capabilities: ["text", "thinking"],
  ...(since(variant, "1.0.70") ? { context_length: 131_072 } : {}),
  storage_size: { in_bytes: inBytes },
  ...(since(variant, "1.0.71") ? { sampling_defaults: { temperature: 1, top_p: 1, top_k: 0 } } : {}),
  ...(variant === "newer" ? { backends: ["MlxMetal", "MlxCuda", "MlxCpu"], reasoning_dialect: "channel" } : {}),
});

/** The gpt-oss cards that exo ships. The size of the large one is 11.7 % too high: that is how it is shipped. */
export function builtinCards(variant: SimulatedVariant): readonly ModelCard[] {
  return [
    gptOss("mlx-community/gpt-oss-120b-MXFP4-Q8", 36, 70_652_212_224, "GPT-OSS 120B", variant),
    gptOss("mlx-community/gpt-oss-20b-MXFP4-Q8", 24, 12_025_908_224, "GPT-OSS 20B", variant),
  ].map((card) => {
    const checked = modelCardCheck(variant)(card, []);
    if (!checked.ok)
      throw new TypeError(`built-in card does not fit its schema: ${JSON.stringify(checked.complaints)}`);
    return checked.value as ModelCard;
  });
}
