import { type Finding, someOf } from "./finding.js";
import type { Layout } from "./layout.js";
import type { ModelConfig } from "./model-config.js";
import { placeOf } from "./tensor-place.js";
import type { ModelWeight } from "./weigh.js";
import { layerWeight } from "./weigh.js";
import type { WeightModule } from "./weight-module.js";

const incomplete = (code: string, message: string): Finding => ({
  severity: "incomplete",
  code,
  message,
  fix: "Download the model again, with all files of its repository.",
});

/** What every language model has, whatever its architecture: its layers, an embedding, a final norm, and a head unless tied. */
export function checkStructure(
  config: ModelConfig,
  modules: readonly WeightModule[],
  weight: ModelWeight,
): readonly Finding[] {
  const empty = [...weight.layers.keys()].filter((layer) => {
    const found = weight.layers[layer];
    return found === undefined || layerWeight(found).bytes === 0;
  });
  const findings: Finding[] = [];
  if (empty.length > 0)
    findings.push(incomplete("layers_missing", `no weights of layers ${someOf(empty.map(String))}`));
  if (weight.embedding.bytes === 0) findings.push(incomplete("embedding_missing", "the weights have no embedding"));
  if (weight.norm.bytes === 0) findings.push(incomplete("norm_missing", "the weights have no final norm"));
  if (config.head === "own" && weight.head.bytes === 0)
    findings.push(incomplete("head_missing", "config.json says that the output head is not tied, but there is none"));
  return [...findings, ...foreignWeights(modules), ...furtherLayers(modules, weight.layers.length)];
}

/** Matrices in formats that mlx-lm does not read: GPTQ, AWQ, FP8 and such. */
function foreignWeights(modules: readonly WeightModule[]): readonly Finding[] {
  const foreign = modules.filter(
    ({ path, storage, shape }) => storage.kind === "foreign" && shape.length > 1 && placeOf(path).kind !== "other",
  );
  if (foreign.length === 0) return [];
  const message = `${someOf(foreign.map(({ path }) => path))}: stored in a way that mlx-lm does not read`;
  const fix = "Use the unquantised model or a conversion to MLX, such as those of mlx-community.";
  return [{ severity: "unusable", code: "foreign_quantization", message, fix }];
}

/** Layers that only training or speculation uses, or a config.json of another model. */
function furtherLayers(modules: readonly WeightModule[], layers: number): readonly Finding[] {
  const further = modules.filter(({ path }) => {
    const place = placeOf(path);
    return place.kind === "layer" && place.layer >= layers;
  });
  if (further.length === 0) return [];
  const message = `config.json says ${layers} layers, but there are weights of further ones`;
  return [{ severity: "warning", code: "further_layers", message }];
}

/** OpenAI's own layout is whole and of no use here. */
export function checkLayout(layout: Layout): readonly Finding[] {
  if (layout !== "openai-original") return [];
  return [openAiOriginal];
}

export const openAiOriginal: Finding = {
  severity: "unusable",
  code: "openai_original",
  message:
    "these are OpenAI's original weights for its reference implementation: neither exo nor mlx-lm can run them, and mlx_lm.convert can't convert them",
  fix: "Use the Hugging Face files at the top of the same repository (everything outside original/), which exo runs as they are and mlx_lm.convert converts, or a finished conversion such as mlx-community/gpt-oss-120b-MXFP4-Q8.",
};
