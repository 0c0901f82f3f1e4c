import { isRunAs } from "../cluster/copy-entry.js";
import { localModelId, nameOfModelId } from "../cluster/local-model-id.js";
import { isModelId, type ModelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import { catalogueNames, entryFor, findModel, findModelById } from "./catalogue.js";
import type { EntryFacts } from "./inspected-model.js";
import type { ModelSpec, Quantization } from "./model-spec.js";

/** What a cluster file or a command says of a model. */
export interface ModelChoice {
  readonly name: string;
  /** Of a model of the catalogue; all others are as their files are. */
  readonly quantization: Quantization;
  /** Where the weights are to come from. */
  readonly source?: { readonly kind: "exo" | "node" } | { readonly kind: "folder"; readonly path: string };
}

/** A model that can be planned and brought up. */
export interface KnownModel {
  readonly spec: ModelSpec;
  /** Our own entry for it. */
  readonly entry: EntrySpec;
  /** `published`: exo downloads what a node lacks. `local`: the files have to be on the nodes that run it. */
  readonly weights: "published" | "local";
}

/** A model that was inspected and added to the ones that this program comes with. */
export interface AddedFacts {
  /** A model id such as `local/gpt-oss-120b-4bit`, or a name of the catalogue. */
  readonly name: string;
  readonly entry: EntrySpec;
  /** Absent for models of the catalogue. */
  readonly spec?: ModelSpec;
}

/** What inspection has found in a model's folder on the nodes. */
export interface InspectedWeights {
  readonly facts: EntryFacts;
  readonly spec: ModelSpec;
}

/** The models that a cluster knows: a value, made anew when one is added. */
export interface KnownModels {
  /** Names for people, each of which `find` knows. */
  readonly names: readonly string[];
  find(choice: ModelChoice): KnownModel | undefined;
  /** The spec of the model that a registry entry stands for, under any id that we give it. */
  findById(entryId: string): ModelSpec | undefined;
}

/** The id of the weights that `source: /folder` means: what agents call the folder of that name. */
export const weightsOfSource = ({ source }: Pick<ModelChoice, "source">): ModelId | undefined =>
  source?.kind === "folder" ? localModelId(source.path.replace(/\/+$/, "").replace(/^.*\//, "")) : undefined;

/**
 * The models of the catalogue, and those that were added.
 *
 * @param inspected weights that `source: /folder` may mean, by their id; their true numbers win over the catalogue's
 */
export function knownModels(
  added: readonly AddedFacts[] = [],
  inspected: ReadonlyMap<ModelId, InspectedWeights> = new Map(),
): KnownModels {
  const conversions = added.flatMap(({ name, entry, spec }) => (spec === undefined ? [] : [{ name, entry, spec }]));
  const addedNamed = (name: string) =>
    conversions.find((model) => model.name === name) ?? conversions.find((model) => shortName(model.name) === name);
  const find = (choice: ModelChoice): KnownModel | undefined => {
    const { name } = choice;
    const fromCatalogue = findInCatalogue(choice, inspected);
    if (fromCatalogue !== undefined) return fromCatalogue;
    const model = addedNamed(name);
    return model && { spec: { ...model.spec, name }, entry: model.entry, weights: "local" };
  };
  const usable = conversions.map(({ name }) => {
    const short = shortName(name);
    return catalogueNames.includes(short) || addedNamed(short)?.name !== name ? name : short;
  });
  return {
    names: [...catalogueNames, ...usable],
    find,
    findById: (entryId) => findModelById(entryId) ?? conversions.find(({ entry }) => isRunAs(entry, entryId))?.spec,
  };
}

const shortName = (name: string): string => (isModelId(name) ? nameOfModelId(name) : name);

function findInCatalogue(
  choice: ModelChoice,
  inspected: ReadonlyMap<ModelId, InspectedWeights>,
): KnownModel | undefined {
  const { name, quantization } = choice;
  const spec = findModel(name, quantization);
  if (spec === undefined) return undefined;
  const entry = entryFor(name, quantization, "own");
  const weightsOf = weightsOfSource(choice);
  if (weightsOf === undefined) return { spec, entry, weights: "published" };
  const found = inspected.get(weightsOf);
  if (found === undefined) return { spec, entry: { ...entry, weightsOf }, weights: "local" };
  const { exoCardBytes } = spec;
  return {
    spec: { ...found.spec, name, ...(exoCardBytes === undefined ? {} : { exoCardBytes }) },
    entry: { ...entry, ...found.facts, weightsOf },
    weights: "local",
  };
}
