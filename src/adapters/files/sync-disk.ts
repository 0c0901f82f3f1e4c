import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ModelDisk } from "../../agent/sync/model-disk.js";
import type { ModelId } from "../../cluster/names.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import type { RegistryFiles } from "../../register/registry-files.js";
import { openInside } from "./open-inside.js";
import { asOpenFile } from "./open-plain-file.js";
import { resolveRoots } from "./registry-paths.js";
import { openSyncCopy } from "./sync-copy.js";
import { listSource } from "./sync-source.js";

export interface SyncDiskPlaces {
  /** exo's models folders in exo's order, absolute; copies are made in the first. */
  readonly modelsFolders: readonly [string, ...string[]];
  /** Further folders of models that are only read. Copies may come from there. */
  readonly localModelsFolders?: readonly string[];
  readonly registry: RegistryFiles;
  readonly placed: PlacedFolders;
}

/** exo's models folders on this disk, for copies from and to them. */
export function openSyncDisk(places: SyncDiskPlaces): ModelDisk {
  const { modelsFolders, registry, placed } = places;
  const [copiesFolder] = modelsFolders;
  const rootsNow = () => resolveRoots([...modelsFolders, ...(places.localModelsFolders ?? [])]);
  /** exo's own folders come first: there a model in one file has an index. */
  const wholeFolder = async (id: ModelId): Promise<string | undefined> => {
    const inExo = (await registry.foldersOf(id)).find((folder) => folder.complete);
    if (inExo?.resolved !== undefined) return inExo.resolved;
    const local = await registry.localModelOf(id);
    return local?.use === "link" ? local.resolved : undefined;
  };
  return {
    findComplete: async (id) => {
      const folder = await wholeFolder(id);
      return folder === undefined ? undefined : await listSource(folder, await rootsNow());
    },
    openSource: async (folder, path) => asOpenFile(await openInside(join(folder, path), await rootsNow())),
    freeBytes: async () => {
      await mkdir(copiesFolder, { recursive: true });
      const { bavail, bsize } = await statfs(copiesFolder);
      return bavail * bsize;
    },
    openCopy: (manifest) => openSyncCopy({ modelsFolders, placed }, manifest),
  };
}
