import { lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { FoundFolder } from "../../cluster/found-folder.js";
import { modelFolderName } from "../../cluster/names.js";
import { readModelId } from "../../register/entry-schema.js";
import type { ModelRemovalFiles } from "../../register/model-removal.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import { type ModelFolder, type RegistryFiles, RegistryPathError } from "../../register/registry-files.js";
import type { Logger } from "../../runtime/logger.js";
import { openForgetNotes } from "./forget-notes.js";
import { namesIn, unlessMissing } from "./registry-paths.js";

/** What the removal of a model's files needs to know of this machine. */
export interface RemovalPlaces {
  readonly cardsFolder: string;
  /** exo's models folders, absolute, told at installation. */
  readonly modelsFolders: readonly string[];
}

const prefix = ".exoctl-remove-";

/** Size of the files in a folder. Links are neither followed nor counted. */
async function weigh(folder: string): Promise<{ readonly bytes: number; readonly files: number }> {
  const entries = (await unlessMissing(readdir(folder, { recursive: true, withFileTypes: true }))) ?? [];
  let [bytes, files] = [0, 0];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    bytes += (await unlessMissing(lstat(join(entry.parentPath, entry.name))))?.size ?? 0;
    files += 1;
  }
  return { bytes, files };
}

async function found(folder: ModelFolder, all: readonly ModelFolder[], placed: PlacedFolders): Promise<FoundFolder> {
  const { modelId, path, kind, complete, resolved } = folder;
  const placedBy = kind === "folder" ? await placed.placedBy(path) : undefined;
  const links = kind === "folder" ? all.filter((other) => other.kind === "link" && other.resolved === resolved) : [];
  return {
    modelId,
    path,
    kind,
    complete,
    ...(placedBy === undefined ? {} : { placedBy }),
    ...(kind === "folder" ? await weigh(path) : { bytes: 0, files: 0 }),
    linkedAs: [...new Set(links.map((link) => link.modelId))],
  };
}

const refused = (path: string, problem: string, cause: unknown): RegistryPathError => {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new RegistryPathError(path, `${problem}${code}`, { cause });
};

/** Renames a folder to the name that marks it for deletion, and no longer calls it ours. */
async function setAside(path: string, placed: PlacedFolders): Promise<string> {
  const aside = join(dirname(path), `${prefix}${basename(path)}`);
  if (!(await unlessMissing(lstat(path)))?.isDirectory()) throw new RegistryPathError(path, "is no longer a folder");
  const placedBy = await placed.placedBy(path);
  try {
    // What an earlier removal could not delete.
    await rm(aside, { recursive: true, force: true });
    await rename(path, aside);
  } catch (error) {
    throw refused(path, "can't be removed", error);
  }
  try {
    if (placedBy !== undefined) await placed.forget(path);
  } catch (error) {
    // Under a record that still calls this path ours, the next folder of that name would be taken for ours.
    await rename(aside, path);
    throw refused(path, "was left in place: the agent's record of its folders can't be written", error);
  }
  return aside;
}

/** Finishes removals that a killed agent has begun: their folders have lost their names, and nobody may use them again. */
async function sweep(modelsFolder: string, placed: PlacedFolders, logger: Logger): Promise<void> {
  const leftovers = (await namesIn(modelsFolder)).filter((name) => name.startsWith(prefix));
  for (const name of leftovers) {
    const [path, original] = [join(modelsFolder, name), name.slice(prefix.length)];
    const id = readModelId(original.replace("--", "/"));
    if (id === undefined || !(await unlessMissing(lstat(path)))?.isDirectory()) continue;
    try {
      await placed.forget(join(modelsFolder, modelFolderName(id)));
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      // A full or read-only disk is no reason to be away: the next start tries again.
      logger.warn("what is left of a removed model could not be deleted", { path, error });
    }
  }
}

/** Removal of models on this disk. Finishes what an earlier run has begun. */
export async function openModelRemovalDisk(
  places: RemovalPlaces,
  registry: Pick<RegistryFiles, "foldersOf" | "modelFolders">,
  placed: PlacedFolders,
  logger: Logger,
): Promise<ModelRemovalFiles> {
  for (const folder of places.modelsFolders) await sweep(folder, placed, logger);
  return {
    ...(await openForgetNotes(places.cardsFolder)),
    find: async (id) => {
      const folders = await registry.foldersOf(id);
      const all = folders.length === 0 ? [] : await registry.modelFolders();
      return await Promise.all(folders.map((folder) => found(folder, all, placed)));
    },
    setAside: async ({ path, modelId }) => {
      const inside = places.modelsFolders.some((folder) => join(folder, modelFolderName(modelId)) === path);
      if (!inside) throw new RegistryPathError(path, "is not a model's folder in exo's models folders");
      const aside = await setAside(path, placed);
      return () => rm(aside, { recursive: true, force: true });
    },
  };
}
