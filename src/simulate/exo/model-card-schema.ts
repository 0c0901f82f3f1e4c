import { type SimulatedVariant, since } from "./simulated-variant.js";
import {
  bad,
  type Check,
  type Fields,
  flag,
  float,
  good,
  integer,
  isRecord,
  list,
  nullable,
  object,
  optional,
  required,
  text,
  word,
} from "./strict-schema.js";

const memory = object({ inBytes: optional(integer(), 0) });

const samplingValues: Fields = Object.fromEntries(
  ["temperature", "topP", "topK", "minP", "repetitionPenalty", "presencePenalty", "frequencyPenalty"].map((name) => [
    name,
    optional(nullable(name === "topK" ? integer() : float), null),
  ]),
);

const samplingDefaults = object({
  ...samplingValues,
  thinking: optional(nullable(object(samplingValues)), null),
  nonThinking: optional(nullable(object(samplingValues)), null),
});

const noSamplingDefaults = {
  ...Object.fromEntries(Object.keys(samplingValues).map((name) => [name, null])),
  thinking: null,
  nonThinking: null,
};

const vision = object({
  imageTokenId: required(integer()),
  modelType: required(text),
  weightsRepo: optional(text, ""),
  imageToken: optional(nullable(text), null),
  processorRepo: optional(nullable(text), null),
});

const component = object({
  componentName: required(text),
  componentPath: required(text),
  storageSize: required(memory),
  nLayers: optional(nullable(integer({ above: 0 })), null),
  canShard: required(flag),
  safetensorsIndexFilename: optional(nullable(text), null),
});

const newerFields: Fields = {
  backends: required(list(word("MlxMetal", "MlxCpu", "MlxCuda", "Vllm"))),
  reasoningDialect: optional(word("none", "post_last_user", "suffix", "channel", "tool_conditional"), "none"),
};

const knownTasks: readonly unknown[] = ["TextGeneration", "TextToImage", "ImageToImage"];

/** exo goes through whatever can be gone through, letters of a text and keys of an object too, and stumbles over the rest. */
const tasks: Check = (value, loc) => {
  const items = typeof value === "string" ? [...value] : isRecord(value) ? Object.keys(value) : value;
  if (!Array.isArray(items)) throw new TypeError("object is not iterable");
  const odd: unknown = items.find((item) => !knownTasks.includes(item));
  if (odd === undefined) return good(items);
  return bad("value_error", loc, `Value error, '${String(odd)}' is not a valid ModelTask`, value, { error: {} });
};

/** The fields of a model card in one variant, named and ordered as exo prints them. */
export function modelCardFields(variant: SimulatedVariant): Fields {
  return {
    modelId: required(text),
    storageSize: required(memory),
    nLayers: required(integer({ above: 0 })),
    hiddenSize: required(integer({ above: 0 })),
    supportsTensor: required(flag),
    ...(since(variant, "1.0.69") ? { numKeyValueHeads: optional(nullable(integer({ above: 0 })), null) } : {}),
    tasks: required(tasks),
    components: optional(nullable(list(component)), null),
    family: optional(text, ""),
    quantization: optional(text, ""),
    baseModel: optional(text, ""),
    capabilities: optional(list(text), []),
    ...(variant === "newer" ? newerFields : {}),
    ...(since(variant, "1.0.70") ? { contextLength: optional(integer(), 0) } : {}),
    usesCfg: optional(flag, false),
    trustRemoteCode: optional(flag, true),
    ...(since(variant, "1.0.69") ? { isCustom: optional(flag, false) } : {}),
    ...(since(variant, "1.0.70") ? { vision: optional(nullable(vision), null) } : {}),
    ...(since(variant, "1.0.71") ? { samplingDefaults: optional(samplingDefaults, noSamplingDefaults) } : {}),
  };
}

/** Checks a card from a request or from a TOML file: strict types, no unknown field. */
export const modelCardCheck = (variant: SimulatedVariant): Check => object(modelCardFields(variant));
