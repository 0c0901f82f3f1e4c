import { countingTokenizer, endTokenId, kinds, tinyTokens } from "./counting-tokens.js";
import { tinyLayers, writeModelFolder } from "./model-folder.js";
import { filled, type Tensor, zeros } from "./safetensors-file.js";

const hidden = 64;
const neurons = 32;
const heads = 2;
const vocabularySize = endTokenId + 1;

/**
 * A Llama-shaped model that a person can check by hand. Its residual stream holds two ones: which layer comes next (dimensions
 * 0 to 36) and what kind of token was last (the dimensions after). Layer `l` moves the first from `l` to `l + 1` and does
 * nothing when it finds it elsewhere; attention is zero. Only a run through all layers in order ends at 36, where the head
 * says the word that follows; anywhere else it names the layer that was missing.
 */
export function writeCountingModel(folder: string): void {
  const { tokenizer, settings } = countingTokenizer();
  writeModelFolder(folder, {
    tensors: [...outerTensors(), ...Array.from({ length: tinyLayers }, (_, layer) => layerTensors(layer)).flat()],
    config: {
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      hidden_size: hidden,
      intermediate_size: neurons,
      num_hidden_layers: tinyLayers,
      num_attention_heads: heads,
      num_key_value_heads: heads,
      rms_norm_eps: 1e-6,
      rope_theta: 10_000,
      max_position_embeddings: 131_072,
      tie_word_embeddings: false,
      vocab_size: vocabularySize,
      eos_token_id: endTokenId,
    },
    tokenizer,
    tokenizerSettings: settings,
  });
}

const stateOf = (layer: number): number => layer;
const kindOf = (kind: number): number => tinyLayers + 1 + kind;

function outerTensors(): Tensor[] {
  const embedding = zeros("model.embed_tokens.weight", [vocabularySize, hidden]);
  const head = zeros("lm_head.weight", [vocabularySize, hidden]);
  for (let id = 0; id < vocabularySize; id += 1) {
    embedding.values[id * hidden + stateOf(0)] = 1;
    embedding.values[id * hidden + kindOf(kinds.text)] = 1;
  }
  for (const { id, kind, after } of tinyTokens) {
    embedding.values[id * hidden + kindOf(kinds.text)] = 0;
    embedding.values[id * hidden + kindOf(kind)] = 1;
    for (const before of after) head.values[id * hidden + kindOf(before)] = 4;
  }
  head.values[endTokenId * hidden + kindOf(kinds.paris)] = 4;
  head.values[endTokenId * hidden + kindOf(kinds.text)] = 4;
  for (const { id, missing } of tinyTokens) if (missing !== undefined) head.values[id * hidden + stateOf(missing)] = 12;
  return [embedding, head, filled("model.norm.weight", [hidden], 1)];
}

/** Both ones of the normalised stream are √32; 3 · √32 is where SiLU is the identity, and the product of both is 96. */
function layerTensors(layer: number): Tensor[] {
  const at = (name: string): string => `model.layers.${layer}.${name}`;
  const gate = zeros(at("mlp.gate_proj.weight"), [neurons, hidden]);
  const up = zeros(at("mlp.up_proj.weight"), [neurons, hidden]);
  const down = zeros(at("mlp.down_proj.weight"), [hidden, neurons]);
  gate.values[stateOf(layer)] = 3;
  for (const kind of Object.values(kinds)) up.values[kindOf(kind)] = 1;
  down.values[stateOf(layer) * neurons] = -1 / 96;
  down.values[stateOf(layer + 1) * neurons] = 1 / 96;
  const attention = ["q_proj", "k_proj", "v_proj", "o_proj"].map((name) =>
    zeros(at(`self_attn.${name}.weight`), [hidden, hidden]),
  );
  return [
    gate,
    up,
    down,
    ...attention,
    filled(at("input_layernorm.weight"), [hidden], 1),
    filled(at("post_attention_layernorm.weight"), [hidden], 1),
  ];
}
