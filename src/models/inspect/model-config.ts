import { membersOf, readBoundedJson } from "./bounded-json.js";
import { accepted, type ReadResult, refused } from "./read-result.js";
import { readStatedQuantization, type StatedQuantization } from "./stated-quantization.js";

/** What we use of a model's config.json. A fact is absent where the file does not state it, or not as a sensible number. */
export interface ModelConfig {
  /** Class name, such as `GptOssForCausalLM`; absent unless exactly one is stated. */
  readonly architecture?: string;
  /** mlx-lm's name of the architecture, such as `gpt_oss`. */
  readonly modelType?: string;
  readonly layers?: number;
  readonly hiddenSize?: number;
  readonly intermediateSize?: number;
  readonly queryHeads?: number;
  readonly kvHeads?: number;
  readonly headSize?: number;
  readonly vocabularySize?: number;
  readonly experts?: number;
  readonly expertsPerToken?: number;
  readonly slidingWindowTokens?: number;
  /** Every so many layers, one attends to everything (Gemma). */
  readonly slidingPattern?: number;
  readonly contextTokens?: number;
  readonly layerTypes?: readonly string[];
  /** Whether the embedding serves as the output head; `unstated` leaves it to the architecture. */
  readonly head: "tied" | "own" | "unstated";
  /** `latent`: one compressed vector per token instead of keys and values (DeepSeek). */
  readonly kvCache: "heads" | "latent";
  readonly quantization?: StatedQuantization;
  /** A Python file among the model's own that builds it (`model_file`). mlx-lm 0.31 runs it without asking. */
  readonly codeFile?: string;
}

const maxDepth = 32;
const mostLayers = 4096;
const mostOf = 1e9;

/** Names under which exo looks for the number of layers, in its order. */
const layerNames = ["num_hidden_layers", "num_layers", "n_layer", "n_layers", "num_decoder_layers", "decoder_layers"];

type Facts = (name: string) => unknown;

function firstCount(facts: Facts, names: readonly string[], most = mostOf): number | undefined {
  const found = names.map(facts).find((value) => value !== undefined && value !== null);
  return typeof found === "number" && Number.isSafeInteger(found) && found > 0 && found <= most ? found : undefined;
}

/** OpenAI's own layout states the context as a short one and the factor by which it was stretched. */
function contextTokens(facts: Facts): number | undefined {
  const stated = firstCount(facts, ["max_position_embeddings"]);
  if (stated !== undefined) return stated;
  const initial = firstCount(facts, ["initial_context_length"]);
  const factor = firstCount(facts, ["rope_scaling_factor"]) ?? 1;
  return initial === undefined ? undefined : Math.min(mostOf, initial * factor);
}

function headOf(tied: unknown): ModelConfig["head"] {
  if (tied === true) return "tied";
  return tied === false ? "own" : "unstated";
}

const isListOfTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= mostLayers && value.every((item) => typeof item === "string");

/** Leaves out what is not known, so that a fact is either there or absent. */
function known<T extends object>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Reads config.json. As in exo, what `text_config` states of a model for several media comes before what stands beside it. */
export function readModelConfig(bytes: Uint8Array): ReadResult<ModelConfig> {
  const json = readBoundedJson(bytes, maxDepth);
  if (json.kind === "refused") return json;
  const outer = membersOf(json.value);
  if (outer === undefined) return refused("it is not a mapping");
  const inner = membersOf(outer.get("text_config"));
  const facts: Facts = (name) => inner?.get(name) ?? outer.get(name);
  const count = (...names: readonly string[]) => firstCount(facts, names);
  const architectures = facts("architectures");
  const [architecture] = isListOfTexts(architectures) && architectures.length === 1 ? architectures : [];
  const modelType = facts("model_type");
  const layerTypes = facts("layer_types");
  const codeFile = outer.get("model_file");
  const quantization = outer.get("quantization") ?? outer.get("quantization_config") ?? facts("quantization_config");
  return accepted({
    head: headOf(facts("tie_word_embeddings")),
    kvCache: facts("kv_lora_rank") === undefined || facts("kv_lora_rank") === null ? "heads" : "latent",
    ...known({
      architecture,
      modelType: typeof modelType === "string" ? modelType : undefined,
      layers: firstCount(facts, layerNames, mostLayers),
      hiddenSize: count("hidden_size"),
      intermediateSize: count("intermediate_size"),
      queryHeads: count("num_attention_heads"),
      kvHeads: count("num_key_value_heads"),
      headSize: count("head_dim"),
      vocabularySize: count("vocab_size"),
      experts: count("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"),
      expertsPerToken: count("num_experts_per_tok", "experts_per_token", "num_experts_per_token", "moe_top_k"),
      slidingWindowTokens: count("sliding_window"),
      slidingPattern: count("sliding_window_pattern"),
      contextTokens: contextTokens(facts),
      layerTypes: isListOfTexts(layerTypes) ? layerTypes : undefined,
      quantization: readStatedQuantization(quantization),
      codeFile: codeFile === undefined || codeFile === null ? undefined : String(codeFile),
    }),
  });
}
