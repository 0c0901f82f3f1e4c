import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { ModelDisk } from "../../agent/sync/model-disk.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import { type RegistryFiles, RegistryPathError } from "../../register/registry-files.js";
import { asOpenFile, openPlainFile } from "./open-plain-file.js";
import { resolveInside, resolveRoots } from "./registry-paths.js";
import { openSyncCopy } from "./sync-copy.js";
import { listSource } from "./sync-source.js";

export interface SyncDiskPlaces {
  /** exo's models folders in exo's order, absolute; copies are made in the first. */
  readonly modelsFolders: readonly [string, ...string[]];
  readonly registry: RegistryFiles;
  readonly placed: PlacedFolders;
}

/** exo's models folders on this disk, for copies from and to them. */
export function openSyncDisk({ modelsFolders, registry, placed }: SyncDiskPlaces): ModelDisk {
  const [copiesFolder] = modelsFolders;
  return {
    findComplete: async (id) => {
      const found = (await registry.foldersOf(id)).find((folder) => folder.complete);
      if (found?.resolved === undefined) return undefined;
      return await listSource(found.resolved, await resolveRoots(modelsFolders));
    },
    openSource: async (folder, path) => {
      const real = await resolveInside(join(folder, path), await resolveRoots(modelsFolders));
      if (real === undefined) throw new RegistryPathError(path, "is not inside exo's models folders any more");
      return asOpenFile(await openPlainFile(real));
    },
    freeBytes: async () => {
      await mkdir(copiesFolder, { recursive: true });
      const { bavail, bsize } = await statfs(copiesFolder);
      return bavail * bsize;
    },
    openCopy: (manifest) => openSyncCopy({ modelsFolders, placed }, manifest),
  };
}
