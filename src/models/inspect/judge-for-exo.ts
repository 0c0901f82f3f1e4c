import type { ModelSpec } from "../model-spec.js";
import { gptOssShape } from "./gpt-oss-shapes.js";
import { kvHeadsOf } from "./kv-bytes.js";
import type { ModelConfig } from "./model-config.js";

/** The facts of exo 1.x's model card for these files, by its fields. */
export interface ExoCardFacts {
  readonly nLayers: number;
  readonly hiddenSize: number;
  readonly numKeyValueHeads: number | null;
  readonly contextLength: number | null;
  readonly supportsTensor: boolean;
  readonly tasks: readonly string[];
  readonly family: string;
  readonly quantization: string;
  /** The true size of all tensors. */
  readonly storageSizeInBytes: number;
}

/** What exo 1.x makes of a model folder. */
export interface ExoJudgement {
  /** exo's rule: an index is there, and so is every file that it names. It looks neither at sizes nor inside. */
  readonly complete: boolean;
  readonly whyNotComplete: string | null;
  /** Tensor parallelism, which exo decides by the architecture alone. */
  readonly tensor: {
    readonly offered: boolean;
    /** Into how many parts the weights really allow it; null when they are not whole. */
    readonly ways: readonly number[] | null;
  };
  /** Whether `POST /models/add` makes a card of these files without asking Hugging Face. */
  readonly addsOffline: boolean;
  /** Null when the weights are not whole, or of no use to exo. */
  readonly card: ExoCardFacts | null;
}

/** Architectures that exo shards by tensors (`ConfigData.supports_tensor` in its model_cards.py). */
const tensorArchitectures: ReadonlySet<string> = new Set([
  "Glm4MoeLiteForCausalLM",
  "DeepseekV32ForCausalLM",
  "DeepseekV3ForCausalLM",
  "Qwen3NextForCausalLM",
  "Qwen3MoeForCausalLM",
  "MiniMaxM2ForCausalLM",
  "LlamaForCausalLM",
  "GptOssForCausalLM",
]);

/** exo's own test: hidden size and key-value heads divide evenly. For gpt-oss the experts' scale groups decide. */
function tensorWays(config: ModelConfig, model: ModelSpec | null): readonly number[] {
  if (gptOssShape(config) !== undefined) return model?.tensor?.ways ?? [];
  const heads = kvHeadsOf(config);
  if (config.hiddenSize === undefined || heads === undefined) return [];
  return [2, 4, 8].filter((parts) => (config.hiddenSize ?? 1) % parts === 0 && heads % parts === 0);
}

/** What of the weights a card needs. */
export interface WeightTotals {
  readonly layers: number;
  readonly bytes: number;
  readonly quantization: string;
}

/**
 * Judges a model as exo 1.x would.
 *
 * @param totals undefined when the weights are not whole, or of no use to exo
 * @param whyNotComplete why exo's rule is not met; undefined when it is
 * @param statedTotal bytes of all tensors by the index
 */
export function judgeForExo(
  config: ModelConfig | undefined,
  totals: WeightTotals | undefined,
  model: ModelSpec | null,
  whyNotComplete: string | undefined,
  statedTotal: number | undefined,
): ExoJudgement {
  const offered = config?.architecture !== undefined && tensorArchitectures.has(config.architecture);
  return {
    complete: whyNotComplete === undefined,
    whyNotComplete: whyNotComplete ?? null,
    tensor: {
      offered,
      ways: config === undefined || totals === undefined ? null : offered ? tensorWays(config, model) : [],
    },
    addsOffline: config?.layers !== undefined && statedTotal !== undefined,
    card: config === undefined || totals === undefined ? null : cardOf(config, totals, offered),
  };
}

function cardOf(config: ModelConfig, totals: WeightTotals, offered: boolean): ExoCardFacts | null {
  if (config.hiddenSize === undefined || totals.layers === 0) return null;
  return {
    nLayers: totals.layers,
    hiddenSize: config.hiddenSize,
    numKeyValueHeads: kvHeadsOf(config) ?? null,
    contextLength: config.contextTokens ?? null,
    supportsTensor: offered,
    tasks: ["TextGeneration"],
    family: (config.modelType ?? "").replaceAll("_", "-"),
    quantization: totals.quantization,
    storageSizeInBytes: totals.bytes,
  };
}
