import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { localModelId } from "../../cluster/local-model-id.js";
import type { ModelId } from "../../cluster/names.js";
import { readModelId } from "../../register/entry-schema.js";
import type { LocalModel, RegistryFiles } from "../../register/registry-files.js";
import { isIndexName } from "../../register/safetensors-index.js";
import type { ReadFolderContents } from "./registry-folder-contents.js";
import { isFileInside, namesIn, resolveInside } from "./registry-paths.js";

/** What mlx-lm loads. */
const isWeights = (name: string): boolean => /^model.*\.safetensors$/.test(name);
export const singleWeightFile = "model.safetensors";

async function useOf(
  folder: string,
  roots: readonly string[],
  contentsOf: ReadFolderContents,
): Promise<LocalModel["use"]> {
  if ((await contentsOf(folder, roots)).complete) return "link";
  const names = await namesIn(folder);
  const isSingle = names.filter(isWeights).join() === singleWeightFile && !names.some(isIndexName);
  return isSingle && (await isFileInside(join(folder, singleWeightFile), roots)) ? "gather" : "none";
}

/** The model in a folder; undefined for folders that hold none, and for those that lead out of the roots. */
async function look(
  path: string,
  roots: readonly string[],
  contentsOf: ReadFolderContents,
): Promise<LocalModel | undefined> {
  const modelId = readModelId(localModelId(basename(path)));
  const resolved = modelId === undefined ? undefined : await resolveInside(path, roots);
  if (modelId === undefined || resolved === undefined || !(await stat(resolved)).isDirectory()) return undefined;
  if (!(await isFileInside(join(resolved, "config.json"), roots))) return undefined;
  return { modelId, path, resolved, use: await useOf(resolved, roots, contentsOf) };
}

/**
 * Models in the sub-folders of folders that are only read.
 *
 * @param folders absolute paths, told at installation; of two models with one id the first counts
 * @param rootsNow where files may really be: these folders and exo's, with links followed
 */
export function openLocalModels(
  folders: readonly string[],
  rootsNow: () => Promise<readonly string[]>,
  contentsOf: ReadFolderContents,
): Pick<RegistryFiles, "localModels" | "localModelOf"> {
  const find = async (isWanted: (id: ModelId | undefined) => boolean): Promise<readonly LocalModel[]> => {
    const roots = await rootsNow();
    const found = new Map<ModelId, LocalModel>();
    for (const folder of folders)
      for (const name of (await namesIn(folder)).filter((each) => isWanted(localModelId(each)))) {
        const model = await look(join(folder, name), roots, contentsOf);
        if (model !== undefined && !found.has(model.modelId)) found.set(model.modelId, model);
      }
    return [...found.values()];
  };
  return {
    localModels: () => find((id) => id !== undefined),
    localModelOf: async (wanted) => (await find((id) => id === wanted))[0],
  };
}
