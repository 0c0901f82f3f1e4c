/**
 * The shape of a gpt-oss model, and parameter counts that follow from it.
 *
 * Source: `ModelConfig` in openai/gpt-oss (gpt_oss/torch/model.py) and the default layer pattern of mlx-lm
 * (mlx_lm/models/gpt_oss.py).
 */
export interface GptOssArchitecture {
  readonly layers: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly hiddenSize: number;
  /** Per expert. */
  readonly intermediateSize: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabularySize: number;
  readonly slidingWindowTokens: number;
  readonly maxContextTokens: number;
}

const shared = {
  expertsPerToken: 4,
  hiddenSize: 2880,
  intermediateSize: 2880,
  queryHeads: 64,
  kvHeads: 8,
  headSize: 64,
  vocabularySize: 201_088,
  slidingWindowTokens: 128,
  maxContextTokens: 131_072,
};

export const gptOss120b: GptOssArchitecture = { ...shared, layers: 36, experts: 128 };
export const gptOss20b: GptOssArchitecture = { ...shared, layers: 24, experts: 32 };

/** Query heads times head size: 4096, which is not the hidden size. */
export const attentionWidth = (shape: GptOssArchitecture): number => shape.queryHeads * shape.headSize;

/** Keys (or values) of one token: 512 numbers. */
export const kvWidth = (shape: GptOssArchitecture): number => shape.kvHeads * shape.headSize;

/** Parameters of the parts of one layer. `matrix` parts are quantised, the others always stay 16-bit. */
export interface LayerParameters {
  readonly attentionMatrix: number;
  /** Attention biases and one learned sink per query head. */
  readonly attentionOther: number;
  readonly norms: number;
  readonly routerMatrix: number;
  readonly routerBias: number;
  readonly expertMatrix: number;
  readonly expertBias: number;
}

/** Counts the parameters of one layer (placement reference 1.2). */
export function layerParameters(shape: GptOssArchitecture): LayerParameters {
  const { hiddenSize, intermediateSize, experts } = shape;
  const query = attentionWidth(shape);
  const keys = kvWidth(shape);
  return {
    attentionMatrix: 2 * hiddenSize * query + 2 * hiddenSize * keys,
    attentionOther: query + 2 * keys + hiddenSize + shape.queryHeads,
    norms: 2 * hiddenSize,
    routerMatrix: hiddenSize * experts,
    routerBias: experts,
    expertMatrix: 3 * hiddenSize * intermediateSize,
    expertBias: 2 * intermediateSize + hiddenSize,
  };
}

/** Parameters of the embedding, and again of the output head (they are not tied). */
export const vocabularyParameters = (shape: GptOssArchitecture): number => shape.vocabularySize * shape.hiddenSize;

/** Parameters of one layer that take part in one token: everything but the experts it is not routed to. */
export function activeLayerParameters(shape: GptOssArchitecture): number {
  const parts = layerParameters(shape);
  const always = parts.attentionMatrix + parts.attentionOther + parts.norms + parts.routerMatrix + parts.routerBias;
  return always + shape.expertsPerToken * (parts.expertMatrix + parts.expertBias);
}

/** All parameters: 116 829 156 672 for 120b, 20 914 757 184 for 20b. */
export function totalParameters(shape: GptOssArchitecture): number {
  const parts = layerParameters(shape);
  const perLayer =
    parts.attentionMatrix +
    parts.attentionOther +
    parts.norms +
    parts.routerMatrix +
    parts.routerBias +
    shape.experts * (parts.expertMatrix + parts.expertBias);
  return shape.layers * perLayer + 2 * vocabularyParameters(shape) + shape.hiddenSize;
}
