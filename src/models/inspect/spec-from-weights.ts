import { tensorSplit } from "../gpt-oss-spec.js";
import { kvStepTokens } from "../kv-cache.js";
import type { ModelSpec } from "../model-spec.js";
import { bytes16 } from "../quantized-bytes.js";
import { attentionKinds, fullLayersOf } from "./attention-kinds.js";
import type { Finding } from "./finding.js";
import { gptOssShape } from "./gpt-oss-shapes.js";
import { kvBytesPerToken, queryWidth } from "./kv-bytes.js";
import type { ModelConfig } from "./model-config.js";
import type { QuantizationFacts } from "./name-quantization.js";
import { denseWeight, type LayerWeight, layerWeight, type ModelWeight } from "./weigh.js";

/** The model in numbers, or why these weights give none; and where its numbers are not the exact ones. */
export interface SpecFromWeights {
  readonly spec: ModelSpec | null;
  readonly findings: readonly Finding[];
}

/** The heaviest layer stands for all: a plan that fits with it fits with the true ones. */
function heaviest(layers: readonly LayerWeight[]): LayerWeight | undefined {
  return layers.toSorted((left, right) => layerWeight(right).bytes - layerWeight(left).bytes)[0];
}

/** Vocabulary matrices on a node. What belongs to no layer, such as a vision tower, is held by every node with the embedding. */
function vocabulary({ embedding, head, other }: ModelWeight) {
  // A tied head is the embedding itself: stored once, and read whole by every token as the head.
  if (head.bytes === 0) return { embedBytes: other.bytes, headBytes: embedding.bytes };
  return { embedBytes: embedding.bytes + other.bytes, headBytes: head.bytes };
}

function differ(layers: readonly LayerWeight[]): boolean {
  const [first] = layers;
  return first !== undefined && layers.some((layer) => layerWeight(layer).bytes !== layerWeight(first).bytes);
}

/** Builds the spec of a model whose weights are whole. */
export function specFromWeights(
  name: string,
  config: ModelConfig,
  weight: ModelWeight,
  quantization: QuantizationFacts,
): SpecFromWeights {
  const layer = heaviest(weight.layers);
  const { hiddenSize } = config;
  const kvBytes = kvBytesPerToken(config);
  if (layer === undefined || hiddenSize === undefined || kvBytes === undefined)
    return { spec: null, findings: [noSpec] };
  const experts = layer.expert.bytes === 0 ? 0 : (config.experts ?? 0);
  const expertsPerToken = Math.min(experts, config.expertsPerToken ?? experts);
  const dense = denseWeight(layer);
  const share = experts === 0 ? 0 : 1 / experts;
  const width = queryWidth(config);
  const shape = gptOssShape(config);
  const spec: ModelSpec = {
    name,
    layers: weight.layers.length,
    weightBytesPerLayer: layerWeight(layer).bytes,
    denseBytesPerLayer: experts === 0 ? layerWeight(layer).bytes : dense.bytes,
    expertBytes: experts === 0 ? 0 : layer.expert.bytes / experts,
    experts,
    expertsPerToken,
    ...vocabulary(weight),
    normBytes: weight.norm.bytes,
    hiddenBytes: bytes16(hiddenSize),
    kvBytesPerTokenPerLayer: kvBytes,
    slidingWindow: config.slidingWindowTokens ?? 0,
    kvStepTokens,
    fullAttentionLayers: fullLayersOf(attentionKinds(config, weight.layers.length)),
    activeParametersPerLayer: dense.parameters + layer.expert.parameters * share * expertsPerToken,
    ...(width === undefined ? {} : { attentionWidth: width }),
    ...(shape === undefined || quantization.name === undefined ? {} : tensorSplit(shape, quantization.name)),
  };
  return { spec, findings: differ(weight.layers) ? [layersDiffer] : [] };
}

const noSpec: Finding = {
  severity: "warning",
  code: "no_spec",
  message: "config.json does not tell what a token's KV cache takes, so there is no model to plan with",
  fix: "State the model in numbers (docs/planning-a-described-cluster.md); the bytes are the ones above.",
};

const layersDiffer: Finding = {
  severity: "note",
  code: "layers_differ",
  message: "layers differ in size; the model to plan with takes all of them to be as large as the largest",
};
