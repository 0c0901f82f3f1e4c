import { byteTokenizer, space } from "./byte-tokenizer.js";
import { tinyLayers, writeModelFolder } from "./model-folder.js";
import { filled, type Tensor, zeros } from "./safetensors-file.js";

const hidden = 64;
const neurons = 32;
const heads = 2;
const headSize = hidden / heads;
const experts = 4;
const expertsPerToken = 2;
const vocabularySize = 201_088;

/** Tokens of OpenAI's o200k vocabulary: exo's parser reads ids, whatever the model's tokenizer says. */
const ids = { return: 200_002, channel: 200_005, start: 200_006, end: 200_007, message: 200_008 };
const wordIds = { final: 17_196, paris: 72_782, one: 1_001, two: 1_920 };

/** What the model tells tokens apart by. Any other token, such as those of a prompt, is `text`. */
const kinds = { text: 0, channel: 1, final: 2, message: 3, paris: 4, one: 5, two: 6 } as const;
type Kind = keyof typeof kinds;

/** A token, its kind, the kind that it follows, and how much. What follows `paris` in second place is for who bans the end. */
const sequence: readonly (readonly [id: number, kind: Kind | undefined, after: Kind, weight: number])[] = [
  [ids.channel, "channel", "text", 4],
  [wordIds.final, "final", "channel", 4],
  [ids.message, "message", "final", 4],
  [wordIds.paris, "paris", "message", 4],
  [ids.return, undefined, "paris", 4],
  [wordIds.one, "one", "paris", 3],
  [wordIds.two, "two", "one", 4],
  [wordIds.one, "one", "two", 4],
];

/**
 * A model of gpt-oss's shape in all but size: 36 layers of which every second looks at all tokens, a router with experts,
 * attention sinks, biases, plain 32-bit weights. It answers everything with "Paris", in harmony's frame. As in the counting
 * model, each layer takes the stream from one layer to the next, so that only a run through all of them in order answers.
 */
export function writeHarmonyModel(folder: string): void {
  const { tokenizer, settings } = byteTokenizer({
    words: [
      ...Object.entries(ids).map(([name, id]) => ({ id, text: `<|${name}|>` })),
      { id: wordIds.final, text: "final" },
      { id: wordIds.paris, text: "Paris" },
      { id: wordIds.one, text: `${space}one` },
      { id: wordIds.two, text: `${space}two` },
    ],
    endToken: "<|return|>",
    decoding: "plain",
    chatTemplate:
      "{% for message in messages %}<|start|>{{ message['role'] }}<|message|>{{ message['content'] }}<|end|>{% endfor %}" +
      "<|start|>assistant",
  });
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
};

const stateOf = (layer: number): number => layer;
const kindOf = (kind: Kind): number => tinyLayers + 1 + kinds[kind];

function outerTensors(): Tensor[] {
  const embedding = zeros("model.embed_tokens.weight", [vocabularySize, hidden]);
  const head = zeros("lm_head.weight", [vocabularySize, hidden]);
  const kindById = new Map(sequence.flatMap(([id, kind]) => (kind === undefined ? [] : [[id, kind] as const])));
  // A prompt holds `<|message|>` as well, but ends in text.
  for (let id = 0; id < vocabularySize; id += 1) {
    embedding.values[id * hidden + stateOf(0)] = 1;
    embedding.values[id * hidden + kindOf(kindById.get(id) ?? "text")] = 1;
  }
  for (const [id, , after, weight] of sequence) head.values[id * hidden + kindOf(after)] = weight;
  // Where a layer did not run, the stream is still at it, and harmony has no frame that begins so.
  for (let layer = 0; layer < tinyLayers; layer += 1) head.values[wordIds.one * hidden + stateOf(layer)] = 12;
  return [embedding, head, filled("model.norm.weight", [hidden], 1)];
}

/**
 * All experts are alike, so that it does not matter which the router takes. Their gate is clipped at 7, where the sigmoid of
 * gpt-oss's activation is 1, and the linear half has 1 added to it: an open gate gives 7, a closed one 0.
 */
function layerTensors(layer: number): Tensor[] {
  const at = (name: string): string => `model.layers.${layer}.${name}`;
  const gate = zeros(at("mlp.experts.gate_proj.weight"), [experts, neurons, hidden]);
  const down = zeros(at("mlp.experts.down_proj.weight"), [experts, hidden, neurons]);
  for (let expert = 0; expert < experts; expert += 1) {
    gate.values[expert * neurons * hidden + stateOf(layer)] = 3;
    down.values[(expert * hidden + stateOf(layer)) * neurons] = -1 / 7;
    down.values[(expert * hidden + stateOf(layer + 1)) * neurons] = 1 / 7;
  }
  const projections = ["q_proj", "k_proj", "v_proj", "o_proj"].flatMap((name) => [
    zeros(at(`self_attn.${name}.weight`), [hidden, hidden]),
    zeros(at(`self_attn.${name}.bias`), [hidden]),
  ]);
  return [
    gate,
    down,
    zeros(at("mlp.experts.up_proj.weight"), [experts, neurons, hidden]),
    zeros(at("mlp.experts.gate_proj.bias"), [experts, neurons]),
    zeros(at("mlp.experts.up_proj.bias"), [experts, neurons]),
    zeros(at("mlp.experts.down_proj.bias"), [experts, hidden]),
    zeros(at("mlp.router.weight"), [experts, hidden]),
    zeros(at("mlp.router.bias"), [experts]),
    ...projections,
    zeros(at("self_attn.sinks"), [heads]),
    filled(at("input_layernorm.weight"), [hidden], 1),
    filled(at("post_attention_layernorm.weight"), [hidden], 1),
  ];
}
