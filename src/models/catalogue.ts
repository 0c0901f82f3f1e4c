import { plainEntryId } from "../cluster/copy-entry.js";
import { modelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import { Problem } from "../runtime/problem.js";
import { type GptOssArchitecture, gptOss20b, gptOss120b } from "./gpt-oss-architecture.js";
import { gptOssSpec } from "./gpt-oss-spec.js";
import { totalWeightBytes } from "./model-bytes.js";
import type { ModelSpec, Quantization } from "./model-spec.js";
import { quantizations } from "./quantized-bytes.js";

interface CatalogueModel {
  readonly architecture: GptOssArchitecture;
  /** As exo's own cards write it. */
  readonly baseModel: string;
  /** Size on exo's built-in card, by quantisation. Rounded and partly wrong: only for telling what exo would do. */
  readonly exoCardBytes: Partial<Record<Quantization, number>>;
}

const models: ReadonlyMap<string, CatalogueModel> = new Map([
  [
    "gpt-oss-120b",
    { architecture: gptOss120b, baseModel: "GPT-OSS 120B", exoCardBytes: { "MXFP4-Q8": 70_652_212_224 } },
  ],
  ["gpt-oss-20b", { architecture: gptOss20b, baseModel: "GPT-OSS 20B", exoCardBytes: { "MXFP4-Q8": 12_025_908_224 } }],
]);

/** The names of all models we know. */
export const catalogueNames: readonly string[] = [...models.keys()];

/** The spec of a catalogue model with exact sizes, or undefined when the name is not in the catalogue. */
export function findModel(name: string, quantization: Quantization): ModelSpec | undefined {
  const model = models.get(name);
  if (model === undefined) return undefined;
  const spec = gptOssSpec(name, model.architecture, quantization);
  const cardBytes = model.exoCardBytes[quantization];
  return cardBytes === undefined ? spec : { ...spec, exoCardBytes: cardBytes };
}

/** The spec of the model that an entry id stands for, our own (of any copy) or the published one; undefined for all other ids. */
export function findModelById(entryId: string): ModelSpec | undefined {
  const id = plainEntryId(entryId);
  for (const name of catalogueNames)
    for (const quantization of quantizations)
      if (id === ownEntryId(name, quantization) || id === publishedId(name, quantization))
        return findModel(name, quantization);
  return undefined;
}

/** Our entry of the catalogue model whose files are published under this id; undefined for all other ids. */
export function entryOfPublished(id: string): EntrySpec | undefined {
  for (const name of catalogueNames)
    for (const quantization of quantizations)
      if (id === publishedId(name, quantization)) return entryFor(name, quantization, "own");
  return undefined;
}

const ownEntryId = (name: string, quantization: Quantization): string => `exoctl/${name}-${quantization}`;
const publishedId = (name: string, quantization: Quantization): string => `mlx-community/${name}-${quantization}`;

/** What exo's built-in card says about the size; undefined where exo ships no card. */
export const exoCardBytes = (name: string, quantization: Quantization): number | undefined =>
  models.get(name)?.exoCardBytes[quantization];

/** Which registry entry exo runs: one of our own with the true size, or the one exo ships. */
export type EntryKind = "own" | "builtin";

/**
 * The facts of exo's registry entry for a catalogue model. Both entries mean the same files: those of the published
 * repository, which is also the id that exo ships a card for.
 *
 * @throws Problem (usage) when the name is not in the catalogue, or when exo ships no card and `builtin` is asked for.
 */
export function entryFor(name: string, quantization: Quantization, kind: EntryKind): EntrySpec {
  const model = models.get(name);
  const spec = findModel(name, quantization);
  if (model === undefined || spec === undefined) {
    const hint = `known models: ${catalogueNames.join(", ")}`;
    throw new Problem("usage", "unknown_model", `there is no model named ${JSON.stringify(name)}`, hint);
  }
  if (kind === "builtin" && model.exoCardBytes[quantization] === undefined) {
    const message = `exo ships no entry for ${name} in ${quantization}`;
    throw new Problem("usage", "no_builtin_entry", message, "set `entry: own`, or choose MXFP4-Q8");
  }
  const published = modelId(publishedId(name, quantization));
  return {
    modelId: kind === "own" ? modelId(ownEntryId(name, quantization)) : published,
    weightsOf: published,
    layers: spec.layers,
    hiddenSize: model.architecture.hiddenSize,
    kvHeads: model.architecture.kvHeads,
    contextTokens: model.architecture.maxContextTokens,
    storageBytes: totalWeightBytes(spec),
    supportsTensor: true,
    family: "gpt-oss",
    quantization,
    baseModel: model.baseModel,
    capabilities: ["text", "thinking"],
  };
}
