import type { GptOssArchitecture } from "../../models/gpt-oss-architecture.js";
import { attentionWidth, gptOss120b, kvWidth } from "../../models/gpt-oss-architecture.js";
import type { Quantization } from "../../models/model-spec.js";

/** A gpt-oss in the true number of layers and small in everything else: 2 MB, so that a simulated Mac can convert it at once. */
export const tinyGptOss: GptOssArchitecture = {
  ...gptOss120b,
  experts: 4,
  expertsPerToken: 2,
  hiddenSize: 64,
  intermediateSize: 64,
  queryHeads: 2,
  kvHeads: 1,
  vocabularySize: 256,
};

/** A tensor of a model whose numbers are all zero. */
export interface ZeroTensor {
  readonly name: string;
  readonly dtype: "BF16" | "U8" | "U32";
  readonly shape: readonly number[];
}

/** How the experts are stored, and how the other matrices are. */
interface Packings {
  readonly experts: Packing;
  readonly dense: Packing;
  readonly router: Packing;
}
type Packing = "bf16" | "mxfp4" | 4 | 8;

const packingsOf: Readonly<Record<Quantization, Packings>> = {
  "MXFP4-Q8": { experts: "mxfp4", dense: 8, router: 8 },
  "MXFP4-Q4": { experts: "mxfp4", dense: 4, router: 8 },
  "affine-4": { experts: 4, dense: 4, router: 8 },
  "affine-8": { experts: 8, dense: 8, router: 8 },
  bf16: { experts: "bf16", dense: "bf16", router: "bf16" },
};

const bf16 = (name: string, ...shape: number[]): ZeroTensor => ({ name, dtype: "BF16", shape });

/** A matrix as mlx-lm stores it. */
function matrix(path: string, packing: Packing, ...shape: number[]): readonly ZeroTensor[] {
  const columns = shape.at(-1) ?? 0;
  const wide = (width: number): number[] => [...shape.slice(0, -1), width];
  if (packing === "bf16") return [bf16(`${path}.weight`, ...shape)];
  const bits = packing === "mxfp4" ? 4 : packing;
  const weight: ZeroTensor = { name: `${path}.weight`, dtype: "U32", shape: wide((columns * bits) / 32) };
  if (packing === "mxfp4") return [weight, { name: `${path}.scales`, dtype: "U8", shape: wide(columns / 32) }];
  const groups = wide(columns / 64);
  return [weight, bf16(`${path}.scales`, ...groups), bf16(`${path}.biases`, ...groups)];
}

/** What both layouts name alike. */
function layerBase(shape: GptOssArchitecture, path: string, dense: Packing, router: Packing): readonly ZeroTensor[] {
  const { hiddenSize: hidden, experts, queryHeads } = shape;
  const widths = { q: attentionWidth(shape), k: kvWidth(shape), v: kvWidth(shape) };
  const projections = Object.entries(widths).flatMap(([name, width]) => [
    ...matrix(`${path}.self_attn.${name}_proj`, dense, width, hidden),
    bf16(`${path}.self_attn.${name}_proj.bias`, width),
  ]);
  return [
    bf16(`${path}.input_layernorm.weight`, hidden),
    bf16(`${path}.post_attention_layernorm.weight`, hidden),
    bf16(`${path}.self_attn.sinks`, queryHeads),
    ...projections,
    ...matrix(`${path}.self_attn.o_proj`, dense, hidden, widths.q),
    bf16(`${path}.self_attn.o_proj.bias`, hidden),
    ...matrix(`${path}.mlp.router`, router, experts, hidden),
    bf16(`${path}.mlp.router.bias`, experts),
  ];
}

function mlxExperts({ experts, hiddenSize, intermediateSize }: GptOssArchitecture, path: string, packing: Packing) {
  const sizes = [
    ["gate_proj", intermediateSize, hiddenSize],
    ["up_proj", intermediateSize, hiddenSize],
    ["down_proj", hiddenSize, intermediateSize],
  ] as const;
  return sizes.flatMap(([name, rows, columns]) => [
    ...matrix(`${path}.${name}`, packing, experts, rows, columns),
    bf16(`${path}.${name}.bias`, experts, rows),
  ]);
}

function publishedExperts({ experts, hiddenSize, intermediateSize }: GptOssArchitecture, path: string) {
  const sizes = [
    ["gate_up_proj", 2 * intermediateSize, hiddenSize],
    ["down_proj", hiddenSize, intermediateSize],
  ] as const;
  return sizes.flatMap(([name, rows, columns]): readonly ZeroTensor[] => [
    { name: `${path}.${name}_blocks`, dtype: "U8", shape: [experts, rows, columns / 32, 16] },
    { name: `${path}.${name}_scales`, dtype: "U8", shape: [experts, rows, columns / 32] },
    bf16(`${path}.${name}_bias`, experts, rows),
  ]);
}

/**
 * The tensors of a gpt-oss.
 *
 * @param stored a quantisation as mlx-lm's converter writes it, or `published` for OpenAI's files on Hugging Face
 */
export function gptOssTensors(shape: GptOssArchitecture, stored: Quantization | "published"): readonly ZeroTensor[] {
  const { experts, dense, router } = packingsOf[stored === "published" ? "bf16" : stored];
  const layers = Array.from({ length: shape.layers }, (_, layer) => {
    const path = `model.layers.${layer}`;
    const expertsPath = `${path}.mlp.experts`;
    return [
      ...layerBase(shape, path, dense, router),
      ...(stored === "published" ? publishedExperts(shape, expertsPath) : mlxExperts(shape, expertsPath, experts)),
    ];
  });
  const { vocabularySize, hiddenSize } = shape;
  return [
    ...matrix("model.embed_tokens", dense, vocabularySize, hiddenSize),
    ...layers.flat(),
    bf16("model.norm.weight", hiddenSize),
    ...matrix("lm_head", dense, vocabularySize, hiddenSize),
  ];
}

/** What config.json says about packing. */
export function statedPacking(shape: GptOssArchitecture, stored: Quantization | "published"): object {
  if (stored === "published") return { quantization_config: { quant_method: "mxfp4" } };
  if (stored === "bf16") return {};
  const { experts, dense } = packingsOf[stored];
  const affine = (bits: Packing): object => ({ group_size: 64, bits, mode: "affine" });
  const paths = Array.from({ length: shape.layers }, (_, layer) => `model.layers.${layer}`);
  const routers = paths.map((path) => [`${path}.mlp.router`, { group_size: 64, bits: 8 }] as const);
  if (experts !== "mxfp4") return { quantization: { ...affine(dense), ...Object.fromEntries(routers) } };
  const projections = paths.flatMap((path) => ["q", "k", "v", "o"].map((name) => `${path}.self_attn.${name}_proj`));
  const others = ["model.embed_tokens", "lm_head", ...projections].map((path) => [path, affine(dense)] as const);
  const usual = { group_size: 32, bits: 4, mode: "mxfp4" };
  return { quantization: { ...usual, ...Object.fromEntries([...routers, ...others]) } };
}
