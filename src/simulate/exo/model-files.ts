import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelCard } from "./exo-types.js";
import { modelCardCheck } from "./model-card-schema.js";
import { type SimulatedRepository, simulatedRepositories } from "./simulated-repositories.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";

/** The model folders of one node. */
export interface ModelFiles {
  /** Where exo keeps, or would keep, a model. */
  folderOf(modelId: string): string;
  /** exo's rule: an index of safetensors exists and every file it names is there. Links are followed. */
  complete(modelId: string): Promise<boolean>;
  /** A card made from `config.json` and the index. Like exo it leaves an empty folder behind when there is nothing. */
  describe(modelId: string, variant: SimulatedVariant): Promise<ModelCard>;
  /** Writes one of the repository's files, small, at its place. */
  place(repository: SimulatedRepository, file: string): Promise<void>;
  /** @throws when the folder is a link, as exo does. */
  remove(modelId: string): Promise<void>;
}

/** `owner/name` becomes `owner--name`. */
export const folderNameOf = (modelId: string): string => modelId.replaceAll("/", "--");

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function indexFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.name.endsWith(".safetensors.index.json"))
    .map((entry) => join(entry.parentPath, entry.name));
}

interface SafetensorsIndex {
  readonly metadata?: { readonly total_size?: number } | null;
  readonly weight_map: Readonly<Record<string, string>>;
}

/** @returns undefined for an index that exo could not read either: it is passed over. */
async function readIndex(file: string): Promise<SafetensorsIndex | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    const index = value as SafetensorsIndex;
    return typeof index.weight_map === "object" && index.weight_map !== null ? index : undefined;
  } catch {
    return undefined;
  }
}

async function isComplete(folder: string): Promise<boolean> {
  const indexes = await indexFiles(folder);
  if (indexes.length === 0) return false;
  for (const file of indexes) {
    const index = await readIndex(file);
    for (const name of new Set(Object.values(index?.weight_map ?? {})))
      if (!(await exists(join(dirname(file), name)))) return false;
  }
  return true;
}

const layerKeys = ["num_hidden_layers", "num_layers", "n_layer", "n_layers", "num_decoder_layers", "decoder_layers"];

/** What exo builds a card from when the registry has none: the same facts, no family, no quantization. */
async function cardFromFiles(folder: string, modelId: string, variant: SimulatedVariant): Promise<ModelCard> {
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
  const index = await readIndex(join(folder, "model.safetensors.index.json"));
  const totalSize = index?.metadata?.total_size;
  if (totalSize === undefined) throw new Error(`No safetensors info found for ${modelId}`);
  const checked = modelCardCheck(variant)(
    {
      modelId,
      storageSize: { inBytes: totalSize },
      nLayers: layerKeys.map((key) => config[key]).find((value) => value !== undefined),
      hiddenSize: config.hidden_size ?? 0,
      supportsTensor: JSON.stringify(config.architectures) === '["GptOssForCausalLM"]',
      ...(since(variant, "1.0.69") ? { numKeyValueHeads: config.num_key_value_heads ?? null, isCustom: true } : {}),
      ...(since(variant, "1.0.70") ? { contextLength: config.max_position_embeddings ?? 0 } : {}),
      tasks: ["TextGeneration"],
      trustRemoteCode: false,
      ...(variant === "newer" ? { backends: ["MlxMetal", "MlxCpu", "MlxCuda", "Vllm"] } : {}),
    },
    [],
  );
  if (!checked.ok) throw new Error(`config.json of ${modelId} is not understood`);
  return checked.value as ModelCard;
}

/** Opens the model folders below a data directory (`EXO_HOME`). */
export function createModelFiles(modelsFolder: string): ModelFiles {
  const folderOf = (modelId: string): string => join(modelsFolder, folderNameOf(modelId));
  return {
    folderOf,
    complete: (modelId) => isComplete(folderOf(modelId)),
    async describe(modelId, variant) {
      const folder = folderOf(modelId);
      await mkdir(folder, { recursive: true });
      if (!(await exists(join(folder, "config.json")))) throw new Error("Cannot connect to host huggingface.co:443");
      return await cardFromFiles(folder, modelId, variant);
    },
    async place(repository, file) {
      await mkdir(folderOf(repository.modelId), { recursive: true });
      await writeFile(join(folderOf(repository.modelId), file), repository.contentOf(file));
    },
    async remove(modelId) {
      const entry = await lstat(folderOf(modelId)).catch(() => undefined);
      if (entry === undefined) return;
      if (entry.isSymbolicLink()) throw new Error("Cannot call rmtree on a symbolic link");
      await rm(folderOf(modelId), { recursive: true });
    },
  };
}

/** Puts the complete files of simulated repositories in place, as if they had been downloaded long ago. */
export async function placeCompleteWeights(modelsFolder: string, modelIds: readonly string[]): Promise<void> {
  const files = createModelFiles(modelsFolder);
  for (const repository of simulatedRepositories().filter(({ modelId }) => modelIds.includes(modelId)))
    for (const file of repository.files) await files.place(repository, file.name);
}
