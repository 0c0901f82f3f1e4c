import type { ModelConfig } from "./model-config.js";

/** Layers that keep only the newest tokens; every other kind is planned as if it kept all of them. */
export const slidingAttention = "sliding_attention";
const fullAttention = "full_attention";

/** What mlx-lm takes where config.json leaves the kinds out: gpt-oss begins with a sliding layer and alternates. */
function usualKind(config: ModelConfig, layer: number): string {
  if (config.modelType === "gpt_oss") return layer % 2 === 0 ? slidingAttention : fullAttention;
  const pattern = config.slidingPattern;
  if (pattern === undefined || config.slidingWindowTokens === undefined) return fullAttention;
  return (layer + 1) % pattern === 0 ? fullAttention : slidingAttention;
}

/** The kind of attention of every layer, by the names of config.json. */
export const attentionKinds = (config: ModelConfig, layerCount: number): readonly string[] =>
  Array.from({ length: layerCount }, (_, layer) => config.layerTypes?.[layer] ?? usualKind(config, layer));

/** Layers that attend to the whole context, in the form of a plan request. */
export function fullLayersOf(kinds: readonly string[]): "odd" | readonly number[] {
  const full = [...kinds.keys()].filter((layer) => kinds[layer] !== slidingAttention);
  const isOdd = kinds.length > 1 && kinds.every((kind, layer) => (kind !== slidingAttention) === (layer % 2 === 1));
  return isOdd ? "odd" : full;
}
