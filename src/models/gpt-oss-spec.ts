import {
  activeLayerParameters,
  attentionWidth,
  type GptOssArchitecture,
  kvWidth,
  layerParameters,
  vocabularyParameters,
} from "./gpt-oss-architecture.js";
import { kvStepTokens } from "./kv-cache.js";
import type { ModelSpec, Quantization, TensorSplit } from "./model-spec.js";
import { bytes16, matrixBits, packedBytes } from "./quantized-bytes.js";

/** Bytes of the parts of one layer and of the two vocabulary matrices. */
export interface GptOssBytes {
  /** Matrices, biases and sinks. */
  readonly attention: number;
  readonly norms: number;
  readonly router: number;
  readonly expert: number;
  /** The embedding, and again the output head. */
  readonly vocabulary: number;
}

/** Sizes of a gpt-oss model's parts as stored (placement reference 1.3). */
export function gptOssBytes(shape: GptOssArchitecture, quantization: Quantization): GptOssBytes {
  const bits = matrixBits(quantization);
  const parts = layerParameters(shape);
  return {
    attention: packedBytes(parts.attentionMatrix, bits.dense) + bytes16(parts.attentionOther),
    norms: bytes16(parts.norms),
    router: packedBytes(parts.routerMatrix, bits.router) + bytes16(parts.routerBias),
    expert: packedBytes(parts.expertMatrix, bits.expert) + bytes16(parts.expertBias),
    vocabulary: packedBytes(vocabularyParameters(shape), bits.dense),
  };
}

/** What planning needs of a gpt-oss model, computed from its architecture. KV caches are 16-bit, exo's default. */
export function gptOssSpec(name: string, shape: GptOssArchitecture, quantization: Quantization): ModelSpec {
  const bytes = gptOssBytes(shape, quantization);
  const dense = bytes.attention + bytes.norms + bytes.router;
  return {
    name,
    layers: shape.layers,
    weightBytesPerLayer: dense + shape.experts * bytes.expert,
    denseBytesPerLayer: dense,
    expertBytes: bytes.expert,
    experts: shape.experts,
    expertsPerToken: shape.expertsPerToken,
    embedBytes: bytes.vocabulary,
    headBytes: bytes.vocabulary,
    normBytes: bytes16(shape.hiddenSize),
    hiddenBytes: bytes16(shape.hiddenSize),
    kvBytesPerTokenPerLayer: 2 * bytes16(kvWidth(shape)),
    slidingWindow: shape.slidingWindowTokens,
    kvStepTokens,
    fullAttentionLayers: "odd",
    activeParametersPerLayer: activeLayerParameters(shape),
    attentionWidth: attentionWidth(shape),
    ...tensorSplit(shape, quantization),
  };
}

/** Numbers that share one MXFP4 scale. A split must not cut through such a group. */
const mxfp4Group = 32;

/**
 * Tensor parallelism of exo and mlx-lm (placement reference 1.5). Experts' down projection is split along its input, in
 * whole groups: 2880 / 32 = 90 of them go two ways and no more. With groups of 64 there are 45, which do not divide at
 * all. Nobody has reported 16-bit weights or other ways to work, so those are not offered.
 */
export function tensorSplit(shape: GptOssArchitecture, quantization: Quantization): { readonly tensor?: TensorSplit } {
  const bits = matrixBits(quantization);
  const isMxfp4 = quantization === "MXFP4-Q8" || quantization === "MXFP4-Q4";
  const groups = shape.intermediateSize / mxfp4Group;
  const ways = [2, 4, 8].filter((parts) => groups % parts === 0 && shape.kvHeads % parts === 0);
  if (!isMxfp4 || ways.length === 0) return {};
  const parts = layerParameters(shape);
  return {
    tensor: {
      ways,
      denseBytesPerLayer: packedBytes(parts.attentionMatrix, bits.dense),
      expertBytes: packedBytes(parts.expertMatrix, bits.expert),
    },
  };
}
