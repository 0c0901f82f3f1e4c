import { lstat, mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ConversionFolder, ConversionFolders } from "../../agent/conversion-folders.js";
import { type ModelId, modelFolderName } from "../../cluster/names.js";
import { readModelId } from "../../register/entry-schema.js";
import { RegistryPathError } from "../../register/registry-files.js";
import { openModelFolder } from "./model-folder.js";
import { openModelInside } from "./open-model-inside.js";
import { isFileInside, namesIn, resolveRoots, unlessMissing } from "./registry-paths.js";

/** What conversions under way are called. exo takes a name that begins with a dot for no model. */
const prefix = ".exoctl-convert-";

/** A child that is just being killed may still write. */
const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const;

/** Links in a folder that lead to anything but a plain file inside the roots. */
async function strayLinks(folder: string, roots: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
  const strays = await Promise.all(links.map(async (path) => ((await isFileInside(path, roots)) ? [] : [path])));
  return strays.flat();
}

/**
 * Conversions in exo's first models folder, of models in any of them.
 *
 * @param modelsFolders absolute, told at installation
 */
export function openConversionDisk(modelsFolders: readonly [string, ...string[]]): ConversionFolders {
  const [modelsFolder] = modelsFolders;
  const rootsNow = (): Promise<readonly string[]> => resolveRoots(modelsFolders);
  const pathOf = (target: ModelId): string => join(modelsFolder, modelFolderName(target));
  return {
    freeBytes: async () => {
      await mkdir(modelsFolder, { recursive: true });
      const { bavail, bsize } = await statfs(modelsFolder);
      return bavail * bsize;
    },
    pathOf,
    isFree: async (target) => (await unlessMissing(lstat(pathOf(target)))) === undefined,
    filesOf: async (path) => await openModelInside(path, await rootsNow()),
    strayLinks: async (path) => await strayLinks(path, await rootsNow()),
    open: async (target) => {
      const root = join(modelsFolder, prefix + modelFolderName(target));
      await mkdir(modelsFolder, { recursive: true });
      await rm(root, removal);
      await mkdir(root);
      return conversionFolder(root, pathOf(target));
    },
    sweep: async () => {
      const left = (await namesIn(modelsFolder)).filter((name) => name.startsWith(prefix));
      for (const name of left) await rm(join(modelsFolder, name), removal);
      return left.flatMap((name) => readModelId(name.slice(prefix.length).replace("--", "/")) ?? []);
    },
  };
}

function conversionFolder(root: string, target: string): ConversionFolder {
  const pathOf = (part: string): string => join(root, part);
  return {
    pathOf,
    writtenBytes: (part) => bytesIn(pathOf(part)),
    filesOf: (part) => openModelFolder(pathOf(part)),
    removePart: (part) => rm(pathOf(part), removal),
    place: async (part) => {
      await syncFiles(pathOf(part));
      // A rename replaces an empty folder without a word.
      if ((await unlessMissing(lstat(target))) !== undefined) throw new RegistryPathError(target, "is there already");
      await rename(pathOf(part), target);
    },
    remove: () => rm(root, removal),
  };
}

async function bytesIn(folder: string): Promise<number> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const sizes = names.map(async (name) => (await unlessMissing(lstat(join(folder, name))))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

/** What stands under a model's name has to be whole, also after the power has failed. */
async function syncFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = await open(join(folder, name), "r");
    await file.sync().finally(() => file.close());
  }
}
