import type { ClusterAccess } from "../../apply/cluster-access.js";
import type { ModelId } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { entryOfWeights } from "../../models/added-entry.js";
import { catalogueNames, entryFor } from "../../models/catalogue.js";
import { weightsOfSource } from "../../models/known-models.js";
import type { ModelSpec, Quantization } from "../../models/model-spec.js";
import { quantizations } from "../../models/quantized-bytes.js";
import { readModelId } from "../../register/entry-schema.js";
import { Problem } from "../../runtime/problem.js";
import { agreeOnWeights, inspectEverywhere } from "../inspect-everywhere.js";

/** What is known of a model that is to be added. */
export interface DescribedModel {
  readonly name: string;
  readonly entry: EntrySpec;
  /** Of a model that the catalogue does not have. */
  readonly spec?: ModelSpec;
  /** What people should know of its files, one sentence each. */
  readonly notes?: readonly string[];
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

/**
 * Looks in the catalogue first, then for files of that id on the nodes: `owner/name` in exo's models folders, or the folder of a
 * conversion, by its path or name, in the further folders that an agent was told of.
 */
export const createDescribeModel =
  (access: Pick<ClusterAccess, "observe" | "agent">): DescribeModel =>
  async (words, signal) => {
    const known = describeFromCatalogue(words);
    if (known !== undefined) return known;
    const id = idOfFiles(words.model);
    if (id === undefined) throw notInCatalogue(words.model);
    const { inventory } = await access.observe(signal);
    const nodes = inventory.nodes.flatMap(({ name }) => {
      const link = access.agent(name);
      return link === undefined ? [] : [{ name, link }];
    });
    const inspections = await inspectEverywhere(id, nodes, signal);
    // A name alone is rather a slip of the pen than a folder that nobody has.
    if (!words.model.includes("/") && inspections.every(({ found }) => found === undefined))
      throw notInCatalogue(words.model);
    const { facts, spec, notes } = agreeOnWeights(id, inspections);
    return { name: id, entry: entryOfWeights(id, facts), spec, notes };
  };

/** `./mlx_models/gpt-oss-120b-4bit` and `gpt-oss-120b-4bit` are both what agents call `local/gpt-oss-120b-4bit`. */
export const idOfFiles = (model: string): ModelId | undefined =>
  readModelId(model) ?? weightsOfSource({ source: { kind: "folder", path: model } });

const notInCatalogue = (model: string): Problem =>
  new Problem(
    "usage",
    "unknown_model",
    `${JSON.stringify(model)} is neither in the catalogue nor a folder of models on any node`,
    `The catalogue has ${catalogueNames.join(", ")}.`,
  );
