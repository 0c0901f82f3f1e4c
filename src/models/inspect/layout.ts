import type { Tensor } from "./tensor.js";

/**
 * Whose names and packing the weights have. `mlx`: packed words with scales, or Hugging Face's names with experts as mlx-lm stacks
 * them. `hugging-face-mxfp4`: blocks and scales for experts, 16 bits for the rest. `openai-original`: the reference
 * implementation's names, which nothing but that implementation reads.
 */
export type Layout = "mlx" | "hugging-face" | "hugging-face-mxfp4" | "openai-original" | "unknown";

/** Tells the layout from the names of the tensors. */
export function layoutOf(tensors: readonly Tensor[]): Layout {
  const has = (pattern: RegExp): boolean => tensors.some(({ name }) => pattern.test(name));
  if (has(/^block\.\d+\.(?:attn|mlp)\./)) return "openai-original";
  if (has(/_proj_blocks$/)) return "hugging-face-mxfp4";
  const isPacked = tensors.some(({ name, dtype }) => dtype === "U32" && name.endsWith(".weight"));
  if (isPacked || has(/\.switch_mlp\.|\.mlp\.experts\.(?:gate|up|down)_proj\.weight$/)) return "mlx";
  return has(/(?:^|\.)layers\.\d+\./) ? "hugging-face" : "unknown";
}
