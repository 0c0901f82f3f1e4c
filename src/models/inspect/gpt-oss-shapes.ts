import type { GptOssArchitecture } from "../gpt-oss-architecture.js";
import { attentionWidth, kvWidth } from "../gpt-oss-architecture.js";
import { type Finding, someOf } from "./finding.js";
import type { ModelConfig } from "./model-config.js";
import type { WeightModule } from "./weight-module.js";

/** The shape of a gpt-oss model as its config.json states it; undefined for other models and where numbers are missing. */
export function gptOssShape(config: ModelConfig): GptOssArchitecture | undefined {
  const { layers, experts, expertsPerToken, hiddenSize, intermediateSize } = config;
  const { queryHeads, kvHeads, headSize, vocabularySize, slidingWindowTokens, contextTokens } = config;
  if (config.modelType !== "gpt_oss" || layers === undefined || contextTokens === undefined) return undefined;
  if (experts === undefined || expertsPerToken === undefined || slidingWindowTokens === undefined) return undefined;
  if (hiddenSize === undefined || intermediateSize === undefined || vocabularySize === undefined) return undefined;
  if (queryHeads === undefined || kvHeads === undefined || headSize === undefined) return undefined;
  return {
    layers,
    experts,
    expertsPerToken,
    hiddenSize,
    intermediateSize,
    queryHeads,
    kvHeads,
    headSize,
    vocabularySize,
    slidingWindowTokens,
    maxContextTokens: contextTokens,
  };
}

type Shapes = ReadonlyMap<string, readonly (readonly number[])[]>;

/** Modules of one layer with the shapes that each may have: attention, norms and router. */
function denseShapes(shape: GptOssArchitecture): Shapes {
  const { hiddenSize: hidden, experts, queryHeads } = shape;
  const [query, kv] = [attentionWidth(shape), kvWidth(shape)];
  return new Map([
    ["input_layernorm", [[hidden]]],
    ["post_attention_layernorm", [[hidden]]],
    ["self_attn.sinks", [[queryHeads]]],
    ["self_attn.q_proj", [[query, hidden]]],
    ["self_attn.q_proj.bias", [[query]]],
    ["self_attn.k_proj", [[kv, hidden]]],
    ["self_attn.k_proj.bias", [[kv]]],
    ["self_attn.v_proj", [[kv, hidden]]],
    ["self_attn.v_proj.bias", [[kv]]],
    ["self_attn.o_proj", [[hidden, query]]],
    ["self_attn.o_proj.bias", [[hidden]]],
    ["mlp.router", [[experts, hidden]]],
    ["mlp.router.bias", [[experts]]],
  ]);
}

/** MLX keeps gate and up apart. */
const splitExperts = ({ experts, hiddenSize: hidden, intermediateSize: inner }: GptOssArchitecture): Shapes =>
  new Map([
    ["mlp.experts.gate_proj", [[experts, inner, hidden]]],
    ["mlp.experts.gate_proj.bias", [[experts, inner]]],
    ["mlp.experts.up_proj", [[experts, inner, hidden]]],
    ["mlp.experts.up_proj.bias", [[experts, inner]]],
    ["mlp.experts.down_proj", [[experts, hidden, inner]]],
    ["mlp.experts.down_proj.bias", [[experts, hidden]]],
  ]);

/** Hugging Face has both in one matrix, and unpacked ones the other way round. */
const fusedExperts = ({ experts, hiddenSize: hidden, intermediateSize: inner }: GptOssArchitecture): Shapes =>
  new Map([
    [
      "mlp.experts.gate_up_proj",
      [
        [experts, 2 * inner, hidden],
        [experts, hidden, 2 * inner],
      ],
    ],
    ["mlp.experts.gate_up_proj_bias", [[experts, 2 * inner]]],
    [
      "mlp.experts.down_proj",
      [
        [experts, hidden, inner],
        [experts, inner, hidden],
      ],
    ],
    ["mlp.experts.down_proj_bias", [[experts, hidden]]],
  ]);

/** Every module that a gpt-oss model has, under its full name. */
function allShapes(shape: GptOssArchitecture, modules: readonly WeightModule[]): Shapes {
  const isFused = modules.some(({ path }) => path.endsWith("mlp.experts.gate_up_proj"));
  const inLayer = [...denseShapes(shape), ...(isFused ? fusedExperts(shape) : splitExperts(shape))];
  const vocabulary = [[shape.vocabularySize, shape.hiddenSize]];
  const all = new Map<string, readonly (readonly number[])[]>([
    ["model.embed_tokens", vocabulary],
    ["lm_head", vocabulary],
    ["model.norm", [[shape.hiddenSize]]],
  ]);
  for (let layer = 0; layer < shape.layers; layer += 1)
    for (const [name, shapes] of inLayer) all.set(`model.layers.${layer}.${name}`, shapes);
  return all;
}

/** What a gpt-oss model lacks, has too much of, or has in another shape than its config.json says. */
export function checkGptOssShapes(shape: GptOssArchitecture, modules: readonly WeightModule[]): readonly Finding[] {
  const expected = allShapes(shape, modules);
  const found = new Map(modules.map((module) => [module.path, module]));
  const missing = [...expected.keys()].filter((path) => !found.has(path));
  const unknown = [...found.keys()].filter((path) => !expected.has(path));
  const wrong = modules.filter(
    ({ path, shape: is }) => expected.get(path)?.every((should) => should.join() !== is.join()) === true,
  );
  const foreign = modules.filter(({ storage }) => storage.kind === "foreign");
  return [
    ...about("tensors_missing", missing, "the model lacks"),
    ...about("tensors_unknown", unknown, "gpt-oss has no"),
    ...about("shape_mismatch", wrong.map(wordShape), "config.json says otherwise than the shape of"),
    ...about(
      "not_numbers",
      foreign.map(({ path, storage }) => `${path} (${wordDtype(storage)})`),
      "no weights can be",
    ),
  ];
}

const wordShape = ({ path, shape }: WeightModule): string => `${path} (${shape.join(" x ")})`;
const wordDtype = (storage: WeightModule["storage"]): string => (storage.kind === "packed" ? "" : storage.dtype);

function about(code: string, names: readonly string[], words: string): readonly Finding[] {
  if (names.length === 0) return [];
  const fix = "Download or convert the model again; config.json and weights have to come from one place.";
  return [{ severity: "broken", code, message: `${words} ${someOf(names)}`, fix }];
}
