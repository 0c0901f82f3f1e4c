import type { z } from "zod";
import { catalogueNames, findModel } from "../models/catalogue.js";
import type { ModelSpec, Quantization } from "../models/model-spec.js";
import type { IssueList } from "./request-issues.js";
import { inlineModelShape, namedModelShape, quantizationShape } from "./request-schema.js";

const usualQuantization: Quantization = "MXFP4-Q8";

/** Reads `model` (a catalogue name, `{name, quantization}` or a model in numbers) and `quantization`. */
export function readRequestModel(model: unknown, quantization: unknown, issues: IssueList): ModelSpec | undefined {
  const stated = quantization === undefined ? undefined : issues.read(quantizationShape, quantization, "quantization");
  if (model === undefined) {
    issues.add("model", `missing; expected ${catalogueNames.join(" or ")}, or a model in numbers`);
    return undefined;
  }
  if (typeof model === "string") return fromCatalogue(model, stated, issues);
  if (typeof model === "object" && model !== null && "layers" in model) return fromNumbers(model, issues);
  const named = issues.read(namedModelShape, model, "model");
  if (named?.quantization !== undefined && stated !== undefined && named.quantization !== stated) {
    issues.add("quantization", `contradicts model.quantization (${named.quantization})`);
  }
  return named && fromCatalogue(named.name, named.quantization ?? stated, issues);
}

function fromCatalogue(name: string, quantization: Quantization | undefined, issues: IssueList): ModelSpec | undefined {
  const spec = findModel(name, quantization ?? usualQuantization);
  if (spec === undefined) {
    issues.add("model", `${JSON.stringify(name)} is not in the catalogue (${catalogueNames.join(", ")})`);
  }
  return spec;
}

function fromNumbers(document: object, issues: IssueList): ModelSpec | undefined {
  const model = issues.read(inlineModelShape, document, "model");
  if (model === undefined) return undefined;
  if (model.expertsPerToken > model.experts) {
    issues.add("model.expertsPerToken", `expected at most experts (${model.experts})`);
  }
  const full = model.fullAttentionLayers;
  if (full !== "odd") {
    full.forEach((layer, index) => {
      if (layer < model.layers) return;
      issues.add(`model.fullAttentionLayers[${index}]`, `expected a layer below ${model.layers}`);
    });
    if (new Set(full).size < full.length) issues.add("model.fullAttentionLayers", "names a layer twice");
  }
  checkTensor(model, issues);
  const { activeParametersPerLayer, attentionWidth, exoCardBytes, tensor, name, ...rest } = model;
  return {
    ...rest,
    name: name ?? "inline",
    ...(activeParametersPerLayer === undefined ? {} : { activeParametersPerLayer }),
    ...(attentionWidth === undefined ? {} : { attentionWidth }),
    ...(exoCardBytes === undefined ? {} : { exoCardBytes }),
    ...(tensor === undefined ? {} : { tensor }),
  };
}

/** A member of a tensor group holds what is not divided, which can't be less than nothing. */
function checkTensor(model: z.infer<typeof inlineModelShape>, issues: IssueList): void {
  for (const part of ["denseBytesPerLayer", "expertBytes"] as const) {
    if (model.tensor === undefined || model.tensor[part] <= model[part]) continue;
    issues.add(`model.tensor.${part}`, `expected at most ${part} (${model[part]}), of which it is a part`);
  }
}
