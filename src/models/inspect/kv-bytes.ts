import { bytes16 } from "../quantized-bytes.js";
import type { ModelConfig } from "./model-config.js";

/** Query heads times head size; undefined where config.json does not say enough. */
export function queryWidth({ queryHeads, headSize, hiddenSize }: ModelConfig): number | undefined {
  if (queryHeads === undefined) return undefined;
  return headSize === undefined ? hiddenSize : queryHeads * headSize;
}

/** Key and value heads: as many as query heads unless stated. */
export const kvHeadsOf = ({ kvHeads, queryHeads }: ModelConfig): number | undefined => kvHeads ?? queryHeads;

/**
 * KV cache of one token in one layer in bytes, 16-bit as exo keeps it. Undefined where config.json does not say enough, and for
 * caches that do not hold keys and values.
 */
export function kvBytesPerToken(config: ModelConfig): number | undefined {
  const { queryHeads, hiddenSize } = config;
  if (config.kvCache === "latent") return undefined;
  const heads = kvHeadsOf(config);
  const usualSize = queryHeads === undefined || hiddenSize === undefined ? undefined : hiddenSize / queryHeads;
  const size = config.headSize ?? usualSize;
  return heads === undefined || size === undefined ? undefined : 2 * bytes16(heads * size);
}
