import type { ModelSpec } from "./model-spec.js";

/** mlx-lm's `KVCache` grows in steps of so many tokens. */
export const kvStepTokens = 256;

/** Whether a layer attends to the whole context. gpt-oss alternates: even layers slide, odd layers see everything. */
export function isFullAttention(model: ModelSpec, layer: number): boolean {
  const full = model.fullAttentionLayers;
  return full === "odd" ? layer % 2 === 1 : full.includes(layer);
}

/**
 * KV cache that one sequence of `contextTokens` holds in one layer, in bytes. Full layers allocate in steps
 * (mlx-lm `KVCache`); sliding layers are capped at the window (`RotatingKVCache`) and counted at that cap.
 */
export function heldKvBytes(model: ModelSpec, layer: number, contextTokens: number): number {
  if (!isFullAttention(model, layer)) return model.kvBytesPerTokenPerLayer * model.slidingWindow;
  const steps = Math.ceil(contextTokens / model.kvStepTokens);
  return model.kvBytesPerTokenPerLayer * steps * model.kvStepTokens;
}

/** KV cache that one decode step reads in one layer for one sequence of `contextTokens`, in bytes. */
export function readKvBytes(model: ModelSpec, layer: number, contextTokens: number): number {
  const tokens = isFullAttention(model, layer) ? contextTokens : Math.min(contextTokens, model.slidingWindow);
  return model.kvBytesPerTokenPerLayer * tokens;
}
