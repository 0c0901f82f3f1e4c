import { attentionWidth, type GptOssArchitecture, gptOss120b, kvWidth } from "../../src/models/gpt-oss-architecture.js";
import type { Quantization } from "../../src/models/model-spec.js";

/** A tensor of a made-up model. */
export interface FakeTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

type Packing = "mxfp4" | "affine-4" | "affine-8" | "bf16";

/** A small gpt-oss in true proportions: quick to write whole, and every size differs from every other. */
export const smallGptOss: GptOssArchitecture = {
  ...gptOss120b,
  layers: 4,
  experts: 8,
  expertsPerToken: 2,
  hiddenSize: 128,
  intermediateSize: 192,
  queryHeads: 4,
  kvHeads: 2,
  headSize: 64,
  vocabularySize: 320,
};

const vector = (name: string, ...shape: number[]): FakeTensor => ({ name, dtype: "BF16", shape });

/** A matrix as MLX stores it. */
function matrix(path: string, packing: Packing, outer: readonly number[], columns: number): readonly FakeTensor[] {
  const part = (name: string, dtype: string, width: number): FakeTensor => ({
    name: `${path}.${name}`,
    dtype,
    shape: [...outer, width],
  });
  if (packing === "bf16") return [part("weight", "BF16", columns)];
  if (packing === "mxfp4") return [part("weight", "U32", columns / 8), part("scales", "U8", columns / 32)];
  const bits = packing === "affine-4" ? 4 : 8;
  return [
    part("weight", "U32", (columns * bits) / 32),
    part("scales", "BF16", columns / 64),
    part("biases", "BF16", columns / 64),
  ];
}

const packings: Readonly<Record<Quantization, { dense: Packing; router: Packing; expert: Packing }>> = {
  "MXFP4-Q8": { dense: "affine-8", router: "affine-8", expert: "mxfp4" },
  "MXFP4-Q4": { dense: "affine-4", router: "affine-8", expert: "mxfp4" },
  "affine-4": { dense: "affine-4", router: "affine-8", expert: "affine-4" },
  "affine-8": { dense: "affine-8", router: "affine-8", expert: "affine-8" },
  bf16: { dense: "bf16", router: "bf16", expert: "bf16" },
};

function attention(shape: GptOssArchitecture, path: string, packing: Packing): readonly FakeTensor[] {
  const { hiddenSize: hidden } = shape;
  const [query, kv] = [attentionWidth(shape), kvWidth(shape)];
  const rows = { q_proj: query, k_proj: kv, v_proj: kv, o_proj: hidden };
  return [
    vector(`${path}.input_layernorm.weight`, hidden),
    vector(`${path}.post_attention_layernorm.weight`, hidden),
    vector(`${path}.self_attn.sinks`, shape.queryHeads),
    ...Object.entries(rows).flatMap(([name, height]) => [
      ...matrix(`${path}.self_attn.${name}`, packing, [height], name === "o_proj" ? query : hidden),
      vector(`${path}.self_attn.${name}.bias`, height),
    ]),
  ];
}

function outside(shape: GptOssArchitecture, packing: Packing): readonly FakeTensor[] {
  return [
    ...matrix("model.embed_tokens", packing, [shape.vocabularySize], shape.hiddenSize),
    ...matrix("lm_head", packing, [shape.vocabularySize], shape.hiddenSize),
    vector("model.norm.weight", shape.hiddenSize),
  ];
}

/** A gpt-oss as mlx-lm's converter writes it. */
export function mlxTensors(shape: GptOssArchitecture, quantization: Quantization): readonly FakeTensor[] {
  const { dense, router, expert } = packings[quantization];
  const { experts, hiddenSize: hidden, intermediateSize: inner } = shape;
  const layers = Array.from({ length: shape.layers }, (_, layer) => {
    const path = `model.layers.${layer}`;
    return [
      ...attention(shape, path, dense),
      ...matrix(`${path}.mlp.router`, router, [experts], hidden),
      vector(`${path}.mlp.router.bias`, experts),
      ...matrix(`${path}.mlp.experts.gate_proj`, expert, [experts, inner], hidden),
      vector(`${path}.mlp.experts.gate_proj.bias`, experts, inner),
      ...matrix(`${path}.mlp.experts.up_proj`, expert, [experts, inner], hidden),
      vector(`${path}.mlp.experts.up_proj.bias`, experts, inner),
      ...matrix(`${path}.mlp.experts.down_proj`, expert, [experts, hidden], inner),
      vector(`${path}.mlp.experts.down_proj.bias`, experts, hidden),
    ];
  });
  return [...layers.flat(), ...outside(shape, dense)];
}

/** A gpt-oss as OpenAI publishes it on Hugging Face: experts in blocks and scales, the rest BF16. */
export function huggingFaceTensors(shape: GptOssArchitecture): readonly FakeTensor[] {
  const { experts, hiddenSize: hidden, intermediateSize: inner } = shape;
  const blocks = (name: string, height: number, width: number): readonly FakeTensor[] => [
    { name: `${name}_blocks`, dtype: "U8", shape: [experts, height, width / 32, 16] },
    { name: `${name}_scales`, dtype: "U8", shape: [experts, height, width / 32] },
    vector(`${name}_bias`, experts, height),
  ];
  const layers = Array.from({ length: shape.layers }, (_, layer) => {
    const path = `model.layers.${layer}`;
    return [
      ...attention(shape, path, "bf16"),
      vector(`${path}.mlp.router.weight`, experts, hidden),
      vector(`${path}.mlp.router.bias`, experts),
      ...blocks(`${path}.mlp.experts.gate_up_proj`, 2 * inner, hidden),
      ...blocks(`${path}.mlp.experts.down_proj`, hidden, inner),
    ];
  });
  return [...layers.flat(), ...outside(shape, "bf16")];
}

/** A gpt-oss in the names of OpenAI's reference implementation. */
export function originalTensors(shape: GptOssArchitecture): readonly FakeTensor[] {
  const { experts, hiddenSize: hidden, intermediateSize: inner } = shape;
  const [query, kv] = [attentionWidth(shape), kvWidth(shape)];
  const blocks = (name: string, height: number, width: number): readonly FakeTensor[] => [
    { name: `${name}_weight.blocks`, dtype: "U8", shape: [experts, height, width / 32, 16] },
    { name: `${name}_weight.scales`, dtype: "U8", shape: [experts, height, width / 32] },
    vector(`${name}_bias`, experts, height),
  ];
  const layers = Array.from({ length: shape.layers }, (_, layer) => {
    const path = `block.${layer}`;
    return [
      vector(`${path}.attn.norm.scale`, hidden),
      vector(`${path}.attn.sinks`, shape.queryHeads),
      vector(`${path}.attn.qkv.weight`, query + 2 * kv, hidden),
      vector(`${path}.attn.qkv.bias`, query + 2 * kv),
      vector(`${path}.attn.out.weight`, hidden, query),
      vector(`${path}.attn.out.bias`, hidden),
      vector(`${path}.mlp.norm.scale`, hidden),
      vector(`${path}.mlp.gate.weight`, experts, hidden),
      vector(`${path}.mlp.gate.bias`, experts),
      ...blocks(`${path}.mlp.mlp1`, 2 * inner, hidden),
      ...blocks(`${path}.mlp.mlp2`, hidden, inner),
    ];
  });
  const { vocabularySize } = shape;
  return [
    ...layers.flat(),
    vector("embedding.weight", vocabularySize, hidden),
    vector("unembedding.weight", vocabularySize, hidden),
    vector("norm.scale", hidden),
  ];
}

/** What the config.json of a gpt-oss says besides its quantisation. */
export function gptOssConfig(shape: GptOssArchitecture): Readonly<Record<string, unknown>> {
  return {
    architectures: ["GptOssForCausalLM"],
    model_type: "gpt_oss",
    num_hidden_layers: shape.layers,
    num_local_experts: shape.experts,
    num_experts_per_tok: shape.expertsPerToken,
    hidden_size: shape.hiddenSize,
    intermediate_size: shape.intermediateSize,
    num_attention_heads: shape.queryHeads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headSize,
    vocab_size: shape.vocabularySize,
    sliding_window: shape.slidingWindowTokens,
    max_position_embeddings: shape.maxContextTokens,
    tie_word_embeddings: false,
    layer_types: Array.from({ length: shape.layers }, (_, layer) =>
      layer % 2 === 0 ? "sliding_attention" : "full_attention",
    ),
  };
}

/** `quantization` as mlx-lm's converter writes it: an entry for every module that is not packed the usual way. */
export function mlxQuantization(shape: GptOssArchitecture, quantization: Quantization): object | undefined {
  const { dense, expert } = packings[quantization];
  if (quantization === "bf16") return undefined;
  const affine = (packing: Packing) => ({ group_size: 64, bits: packing === "affine-4" ? 4 : 8 });
  const layers = Array.from({ length: shape.layers }, (_, layer) => `model.layers.${layer}`);
  const routers = layers.map((path) => [`${path}.mlp.router`, affine("affine-8")] as const);
  if (expert !== "mxfp4") return { ...affine(dense), mode: "affine", ...Object.fromEntries(routers) };
  const projections = ["q_proj", "k_proj", "v_proj", "o_proj"];
  const matrices = layers.flatMap((path) => projections.map((name) => `${path}.self_attn.${name}`));
  const others = ["model.embed_tokens", "lm_head", ...matrices].map(
    (path) => [path, { ...affine(dense), mode: "affine" }] as const,
  );
  return { group_size: 32, bits: 4, mode: "mxfp4", ...Object.fromEntries([...routers, ...others]) };
}
