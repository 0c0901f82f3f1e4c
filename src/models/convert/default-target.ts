import { type ModelId, modelId } from "../../cluster/names.js";
import type { Quantization } from "../model-spec.js";

/** exo's cards call affine quantisation by its bits. */
const suffixes: Readonly<Record<Quantization, string>> = {
  "MXFP4-Q8": "MXFP4-Q8",
  "MXFP4-Q4": "MXFP4-Q4",
  "affine-4": "4bit",
  "affine-8": "8bit",
  bf16: "bf16",
};

/**
 * The id that a converted model gets unless somebody chooses one: `local/gpt-oss-120b-4bit` from `openai/gpt-oss-120b`. What the
 * source is called stays in it, so that `gpt-oss` does, which exo looks for (exo 1.x reference, section 7).
 */
export function defaultTarget(source: ModelId, quantization: Quantization): ModelId {
  const name = source.slice(source.indexOf("/") + 1).replace(/-(?:bf16|fp16|f16|mxfp4)$/i, "");
  return modelId(`local/${name}-${suffixes[quantization]}`);
}
