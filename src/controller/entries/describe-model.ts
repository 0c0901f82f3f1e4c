import type { EntrySpec } from "../../cluster/registry-report.js";
import { catalogueNames, entryFor } from "../../models/catalogue.js";
import type { ModelSpec, Quantization } from "../../models/model-spec.js";
import { quantizations } from "../../models/quantized-bytes.js";
import { Problem } from "../../runtime/problem.js";

/** What is known of a model that is to be added. */
export interface DescribedModel {
  readonly name: string;
  readonly entry: EntrySpec;
  /** Of a model that the catalogue does not have. */
  readonly spec?: ModelSpec;
}

/** How people name a model. */
export interface ModelWords {
  readonly model: string;
  readonly quantization?: Quantization;
}

/** Finds out what a model is. Rejects with a `Problem` when nobody knows it. */
export type DescribeModel = (words: ModelWords, signal: AbortSignal) => Promise<DescribedModel>;

/** A model of the catalogue by its name, by the id of our entry, or by the id that its files are published under. */
export function describeFromCatalogue({ model, quantization }: ModelWords): DescribedModel | undefined {
  if (catalogueNames.includes(model)) return { name: model, entry: entryFor(model, quantization ?? "MXFP4-Q8", "own") };
  for (const name of catalogueNames) {
    for (const each of quantizations) {
      const entry = entryFor(name, each, "own");
      if (model === entry.modelId || model === entry.weightsOf) return { name, entry };
    }
  }
  return undefined;
}

export function notInCatalogue(model: string): never {
  throw new Problem(
    "usage",
    "unknown_model",
    `there is no model ${JSON.stringify(model)} in the catalogue`,
    `Known are ${catalogueNames.join(", ")}.`,
  );
}
