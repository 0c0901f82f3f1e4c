import type { ModelSpec } from "../model-spec.js";
import { attentionKinds } from "./attention-kinds.js";
import { checkLayout, checkStructure } from "./check-structure.js";
import { type Finding, type Verdict, verdictOf } from "./finding.js";
import { checkGptOssShapes, gptOssShape } from "./gpt-oss-shapes.js";
import type { ModelFacts } from "./inspection.js";
import { kvBytesPerToken } from "./kv-bytes.js";
import { foldLayers } from "./layer-kinds.js";
import { type Layout, layoutOf } from "./layout.js";
import type { ModelConfig } from "./model-config.js";
import { nameQuantization, type QuantizationFacts } from "./name-quantization.js";
import type { Shard } from "./read-shard.js";
import { specFromWeights } from "./spec-from-weights.js";
import { placeOf } from "./tensor-place.js";
import { layerWeight, type ModelWeight, weighModel } from "./weigh.js";
import { groupModules, type WeightModule } from "./weight-module.js";

/** What the headers tell about the model. */
export interface DescribedWeights {
  readonly facts: ModelFacts | null;
  readonly spec: ModelSpec | null;
  readonly findings: readonly Finding[];
}

/** What a model is taken to be when its config.json is missing or refused. */
const noConfig: ModelConfig = { head: "unstated", kvCache: "heads" };

const noTensors: Finding = {
  severity: "incomplete",
  code: "no_tensors",
  message: "the weight files hold no tensors",
  fix: "Download or convert the model again.",
};

/** Layers by config.json, or else by the names of the weights. */
function countLayers(config: ModelConfig, modules: readonly WeightModule[]): number {
  if (config.layers !== undefined) return config.layers;
  const layers = modules
    .map(({ path }) => placeOf(path))
    .flatMap((place) => (place.kind === "layer" ? place.layer : []));
  const most = layers.reduce((highest, layer) => Math.max(highest, layer), -1);
  return Math.min(most + 1, 4096);
}

/**
 * Puts the tensors together and describes the model.
 *
 * @param verdict on the files; a model is only checked for what it lacks, and only gives a spec, when they are whole
 */
export function describeWeights(
  name: string,
  stated: ModelConfig | undefined,
  shards: readonly Shard[],
  verdict: Verdict,
): DescribedWeights {
  const config = stated ?? noConfig;
  const tensors = shards.flatMap((shard) => shard.tensors);
  const layout = layoutOf(tensors);
  const { modules, findings: mismatches } = groupModules(tensors, config.quantization);
  if (modules.length === 0) return { facts: null, spec: null, findings: shards.length === 0 ? [] : [noTensors] };
  const weight = weighModel(modules, countLayers(config, modules));
  const quantization = nameQuantization(modules);
  const facts = factsOf(config, layout, quantization, weight);
  const findings = [...checkLayout(layout)];
  // Of files that are not whole it is clear that parts are missing.
  if (verdict === "complete") findings.push(...mismatches);
  if (verdictOf(findings) === "complete" && verdict === "complete")
    findings.push(...checkConfig(config), ...checkModel(config, modules, weight));
  if (verdict !== "complete" || verdictOf(findings) !== "complete") return { facts, spec: null, findings };
  const { spec, findings: specFindings } = specFromWeights(name, config, weight, quantization);
  return { facts, spec, findings: [...findings, ...specFindings] };
}

/** gpt-oss is checked shape by shape, other models for what all of them have. */
function checkModel(config: ModelConfig, modules: readonly WeightModule[], weight: ModelWeight): readonly Finding[] {
  const shape = gptOssShape(config);
  return shape === undefined ? checkStructure(config, modules, weight) : checkGptOssShapes(shape, modules);
}

function checkConfig(config: ModelConfig): readonly Finding[] {
  const lacks = [
    ...(config.layers === undefined ? ["the number of layers"] : []),
    ...(config.hiddenSize === undefined ? ["the hidden size"] : []),
    ...(config.modelType === undefined ? ["model_type"] : []),
    ...(config.modelType === "gpt_oss" && gptOssShape(config) === undefined ? ["sizes that gpt-oss has"] : []),
  ];
  if (lacks.length === 0) return [];
  const message = `it does not state ${lacks.join(", ")}`;
  const fix = "Download this file of the model's repository again.";
  return [{ severity: "incomplete", code: "config_incomplete", message, file: "config.json", fix }];
}

function factsOf(
  config: ModelConfig,
  layout: Layout,
  quantization: QuantizationFacts,
  weight: ModelWeight,
): ModelFacts {
  const layers = weight.layers.length;
  return {
    architecture: config.architecture ?? null,
    modelType: config.modelType ?? null,
    layout,
    quantization,
    layers,
    layerKinds: foldLayers(weight.layers, attentionKinds(config, layers)),
    bytes: {
      total: weight.total.bytes,
      perLayer: weight.layers.map((layer) => layerWeight(layer).bytes),
      embedding: weight.embedding.bytes,
      head: weight.head.bytes,
      norm: weight.norm.bytes,
      other: weight.other.bytes,
    },
    head: weight.head.bytes === 0 ? "tied" : "own",
    parameters: weight.total.parameters,
    hiddenSize: config.hiddenSize ?? null,
    vocabularySize: config.vocabularySize ?? null,
    contextTokens: config.contextTokens ?? null,
    slidingWindowTokens: config.slidingWindowTokens ?? null,
    kvBytesPerTokenPerLayer: kvBytesPerToken(config) ?? null,
    experts: config.experts ?? 0,
    expertsPerToken: config.expertsPerToken ?? 0,
  };
}
