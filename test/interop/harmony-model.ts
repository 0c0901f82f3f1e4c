import { harmonyTokenizer, ids, type Kind, kinds, sequence, vocabularySize, wordIds } from "./harmony-tokens.js";
import { tinyLayers, writeModelFolder } from "./model-folder.js";
import { affine8, asAffine8, asMxfp4, mxfp4 } from "./packed-matrix.js";
import { asBfloat16, filled, type Tensor, zeros } from "./safetensors-file.js";

const hidden = 64;
const neurons = 32;
const heads = 2;
const headSize = hidden / heads;
const experts = 4;
const expertsPerToken = 2;

/**
 * A model of gpt-oss's shape in all but size, stored as MXFP4-Q8: 36 layers of which every second looks at all tokens, a
 * router with experts in MXFP4, attention sinks, biases. It answers everything with "Paris", in harmony's frame. As in the
 * counting model, each layer takes the stream from one layer to the next, so that only a run through all of them in order
 * answers.
 */
export function writeHarmonyModel(folder: string): void {
  const { tokenizer, settings } = harmonyTokenizer();
  writeModelFolder(folder, {
    tensors: [...outerTensors(), ...Array.from({ length: tinyLayers }, (_, layer) => layerTensors(layer)).flat()],
    config,
    tokenizer,
    tokenizerSettings: settings,
  });
}

const config = {
  architectures: ["GptOssForCausalLM"],
  model_type: "gpt_oss",
  hidden_size: hidden,
  intermediate_size: neurons,
  num_hidden_layers: tinyLayers,
  num_attention_heads: heads,
  num_key_value_heads: heads,
  head_dim: headSize,
  num_local_experts: experts,
  num_experts_per_tok: expertsPerToken,
  layer_types: Array.from({ length: tinyLayers }, (_, layer) =>
    layer % 2 === 0 ? "sliding_attention" : "full_attention",
  ),
  sliding_window: 128,
  rms_norm_eps: 1e-5,
  rope_theta: 150_000,
  rope_scaling: { rope_type: "yarn", factor: 32, beta_fast: 32, beta_slow: 1, original_max_position_embeddings: 4096 },
  max_position_embeddings: 131_072,
  tie_word_embeddings: false,
  vocab_size: vocabularySize,
  eos_token_id: ids.return,
  quantization: { ...mxfp4, ...Object.fromEntries(affineModules().map((module) => [module, affine8])) },
};

function affineModules(): readonly string[] {
  const ofLayer = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.router"];
  const layers = Array.from({ length: tinyLayers }, (_, layer) =>
    ofLayer.map((name) => `model.layers.${layer}.${name}`),
  );
  return ["model.embed_tokens", "lm_head", ...layers.flat()];
}

/** What an open gate lets through at the end of a layer, and so how large the entry of the state is. */
const stateSize = 7 / 8;
const stateOf = (layer: number): number => layer;
const kindOf = (kind: Kind): number => tinyLayers + 1 + kinds[kind];

function outerTensors(): Tensor[] {
  const embedding = zeros("model.embed_tokens.weight", [vocabularySize, hidden]);
  const head = zeros("lm_head.weight", [vocabularySize, hidden]);
  const kindById = new Map(sequence.flatMap(([id, kind]) => (kind === undefined ? [] : [[id, kind] as const])));
  // A prompt holds `<|message|>` as well, but ends in text.
  for (let id = 0; id < vocabularySize; id += 1) {
    embedding.values[id * hidden + stateOf(0)] = stateSize;
    embedding.values[id * hidden + kindOf(kindById.get(id) ?? "text")] = 1;
  }
  for (const [id, , after, weight] of sequence) head.values[id * hidden + kindOf(after)] = weight;
  // Where a layer did not run, the stream is still at it, and harmony has no frame that begins so.
  for (let layer = 0; layer < tinyLayers; layer += 1) head.values[wordIds.one * hidden + stateOf(layer)] = 12;
  return [...asAffine8(embedding, 1 / 8), ...asAffine8(head, 1), asBfloat16(filled("model.norm.weight", [hidden], 1))];
}

/**
 * All experts are alike, so that it does not matter which the router takes. Their gate is clipped at 7, where the sigmoid of
 * gpt-oss's activation is 1, and the linear half has 1 added to it: an open gate gives 7, a closed one 0. MXFP4 has no
 * seventh, hence 7 times an eighth.
 */
function layerTensors(layer: number): Tensor[] {
  const at = (name: string): string => `model.layers.${layer}.${name}`;
  const gate = zeros(at("mlp.experts.gate_proj.weight"), [experts, neurons, hidden]);
  const down = zeros(at("mlp.experts.down_proj.weight"), [experts, hidden, neurons]);
  for (let expert = 0; expert < experts; expert += 1) {
    gate.values[expert * neurons * hidden + stateOf(layer)] = 3;
    down.values[(expert * hidden + stateOf(layer)) * neurons] = -1 / 8;
    down.values[(expert * hidden + stateOf(layer + 1)) * neurons] = 1 / 8;
  }
  const projections = ["q_proj", "k_proj", "v_proj", "o_proj"].flatMap((name) => [
    ...asAffine8(zeros(at(`self_attn.${name}.weight`), [hidden, hidden]), 1),
    asBfloat16(zeros(at(`self_attn.${name}.bias`), [hidden])),
  ]);
  const vectors = [
    zeros(at("mlp.experts.gate_proj.bias"), [experts, neurons]),
    zeros(at("mlp.experts.up_proj.bias"), [experts, neurons]),
    zeros(at("mlp.experts.down_proj.bias"), [experts, hidden]),
    zeros(at("mlp.router.bias"), [experts]),
    zeros(at("self_attn.sinks"), [heads]),
    filled(at("input_layernorm.weight"), [hidden], 1),
    filled(at("post_attention_layernorm.weight"), [hidden], 1),
  ];
  return [
    ...asMxfp4(gate),
    ...asMxfp4(zeros(at("mlp.experts.up_proj.weight"), [experts, neurons, hidden])),
    ...asMxfp4(down),
    ...asAffine8(zeros(at("mlp.router.weight"), [experts, hidden]), 1),
    ...projections,
    ...vectors.map(asBfloat16),
  ];
}
