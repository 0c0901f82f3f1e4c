import { attentionWidth, type GptOssArchitecture } from "../gpt-oss-architecture.js";
import { gptOssSpec } from "../gpt-oss-spec.js";
import { gptOssShape } from "../inspect/gpt-oss-shapes.js";
import type { ModelFacts } from "../inspect/inspection.js";
import type { ModelConfig } from "../inspect/model-config.js";
import { totalWeightBytes } from "../model-bytes.js";
import type { Quantization } from "../model-spec.js";
import { matrixBits, packedBytes } from "../quantized-bytes.js";
import type { ExpectedBytes } from "./conversion.js";

/** mlx-lm leaves a matrix as it is whose rows are no whole number of groups. */
const groupSize = 64;

const isWhole = (shape: GptOssArchitecture): boolean =>
  [shape.hiddenSize, shape.intermediateSize, attentionWidth(shape)].every((columns) => columns % groupSize === 0);

/** Bytes of all tensors after a conversion: exact for gpt-oss, whose every shape is known; else as if all were matrices. */
export function expectedBytes(config: ModelConfig, facts: ModelFacts, into: Quantization): ExpectedBytes {
  const shape = gptOssShape(config);
  if (shape !== undefined && isWhole(shape))
    return { bytes: totalWeightBytes(gptOssSpec("", shape, into)), sureness: "exact" };
  const { dense, expert } = matrixBits(into);
  return { bytes: Math.ceil(packedBytes(facts.parameters, Math.max(dense, expert))), sureness: "estimated" };
}
