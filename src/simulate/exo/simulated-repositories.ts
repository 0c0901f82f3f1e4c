/** A model repository as the simulated internet has it: true sizes, tiny contents. */
export interface SimulatedRepository {
  readonly modelId: string;
  readonly totalBytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** What is written to disk for a file. */
  contentOf(file: string): string;
}

const smallFiles = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
  "generation_config.json",
];
const indexFile = "model.safetensors.index.json";

/** The shortest safetensors file that is valid: a header length of 2 and an empty header. */
const emptySafetensors = "\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0000{}";

function gptOssConfig(layers: number, experts: number): object {
  return {
    architectures: ["GptOssForCausalLM"],
    model_type: "gpt_oss",
    num_hidden_layers: layers,
    hidden_size: 2880,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 64,
    num_local_experts: experts,
    num_experts_per_tok: 4,
    intermediate_size: 2880,
    vocab_size: 201_088,
    sliding_window: 128,
    max_position_embeddings: 131_072,
    quantization: { group_size: 32, bits: 4, mode: "mxfp4" },
  };
}

function repository(
  modelId: string,
  layers: number,
  experts: number,
  totalBytes: number,
  parts: number,
): SimulatedRepository {
  const weights = Array.from(
    { length: parts },
    (_, at) => `model-${String(at + 1).padStart(5, "0")}-of-${String(parts).padStart(5, "0")}.safetensors`,
  );
  const partOf = (layer: number): string => weights[Math.floor((layer * parts) / layers)] ?? weights[0] ?? "";
  const weightMap = {
    "model.embed_tokens.weight": weights[0],
    ...Object.fromEntries(
      Array.from({ length: layers }, (_, layer) => [`model.layers.${layer}.input_layernorm.weight`, partOf(layer)]),
    ),
    "lm_head.weight": weights.at(-1),
  };
  return {
    modelId,
    totalBytes,
    files: [
      ...smallFiles.map((name) => ({ name, bytes: 4_096 })),
      { name: indexFile, bytes: 65_536 },
      ...weights.map((name) => ({ name, bytes: Math.round(totalBytes / parts) })),
    ],
    contentOf(file) {
      if (file === "config.json") return JSON.stringify(gptOssConfig(layers, experts), undefined, 2);
      if (file === indexFile)
        return JSON.stringify({ metadata: { total_size: totalBytes }, weight_map: weightMap }, undefined, 2);
      if (file.endsWith(".safetensors")) return emptySafetensors;
      return file.endsWith(".json") ? "{}" : "";
    },
  };
}

/** The repositories behind exo's gpt-oss cards, with the true sizes of their weights. */
export const simulatedRepositories = (): readonly SimulatedRepository[] => [
  repository("mlx-community/gpt-oss-120b-MXFP4-Q8", 36, 128, 63_254_703_744, 13),
  repository("mlx-community/gpt-oss-20b-MXFP4-Q8", 24, 32, 12_076_119_168, 3),
];
