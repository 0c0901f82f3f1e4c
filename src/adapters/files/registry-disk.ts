import { isAbsolute } from "node:path";
import type { ModelId } from "../../cluster/names.js";
import type { ModelFiles } from "../../models/inspect/model-files.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import type { RegistryFiles } from "../../register/registry-files.js";
import { openGatheredFolders } from "./gathered-folders.js";
import { openModelInside } from "./open-model-inside.js";
import { openRegistryCards } from "./registry-cards.js";
import { createReadFolderContents } from "./registry-folder-contents.js";
import { openLinkRecord } from "./registry-link-record.js";
import { openLocalModels } from "./registry-local-models.js";
import { openRegistryModelFolders } from "./registry-model-folders.js";
import { resolveRoots } from "./registry-paths.js";

/** Where exo keeps its registry on this machine. Absolute paths, told to the agent at installation. */
export interface RegistryPlaces {
  /** exo's custom cards folder, such as `~/.exo/custom_model_cards`. */
  readonly cardsFolder: string;
  /** exo's models folders in exo's order; links are made in the first, so exo must be able to write there. */
  readonly modelsFolders: readonly [string, ...string[]];
  /** Further folders with models in their sub-folders. They are only read. */
  readonly localModelsFolders?: readonly string[];
  /** Where the agent writes down which links it made. */
  readonly linkRecordFile: string;
}

/**
 * exo's registry on this disk. Removes what an interrupted write of an earlier run has left behind.
 *
 * @throws RangeError when a models folder is not an absolute path
 */
export async function openRegistryDisk(places: RegistryPlaces, placed: PlacedFolders): Promise<RegistryFiles> {
  const { modelsFolders, localModelsFolders = [] } = places;
  const all = [...modelsFolders, ...localModelsFolders];
  if (!all.every((folder) => isAbsolute(folder))) throw new RangeError("models folders must be absolute paths");
  const rootsNow = (): Promise<readonly string[]> => resolveRoots(all);
  const contentsOf = createReadFolderContents();
  const folders = await openRegistryModelFolders(modelsFolders, {
    record: openLinkRecord(places.linkRecordFile),
    gathered: openGatheredFolders(placed),
    contentsOf,
    rootsNow,
  });
  const local = openLocalModels(localModelsFolders, rootsNow, contentsOf);
  const openModel = async (id: ModelId): Promise<ModelFiles | undefined> => {
    const inExo = await folders.foldersOf(id);
    const own = inExo.find((folder) => folder.complete && !folder.ours);
    const path = (own ?? (await local.localModelOf(id)) ?? inExo[0])?.resolved;
    return path === undefined ? undefined : await openModelInside(path, await rootsNow());
  };
  return { ...(await openRegistryCards(places.cardsFolder)), ...folders, ...local, openModel };
}
