import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { CopyDiskError, type ModelCopy } from "../../agent/sync/model-disk.js";
import { modelFolderName } from "../../cluster/names.js";
import type { ManifestFile, ModelManifest } from "../../models/sync/manifest.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import { RegistryPathError } from "../../register/registry-files.js";
import { asOpenFile, openPlainFile } from "./open-plain-file.js";
import { ourFolder, unlessMissing } from "./registry-paths.js";

interface CopyPlaces {
  /** Absolute; the copy is made in the first. */
  readonly modelsFolders: readonly [string, ...string[]];
  readonly placed: PlacedFolders;
}

/** What the disk says, in words. */
const words: Readonly<Record<string, string>> = {
  ENOSPC: "the disk of exo's models folder is full; what was copied stays there for the next try",
  EDQUOT: "the quota of exo's models folder is used up; what was copied stays there for the next try",
  EROFS: "the disk of exo's models folder can only be read",
  EACCES: "the agent may not write to exo's models folder",
  EIO: "the disk of exo's models folder has failed",
};

/** Turns what the disk refuses into words. */
async function onDisk<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause && "code" in cause)) throw cause;
    const code = String(cause.code);
    throw new CopyDiskError(code, words[code] ?? `exo's models folder can't be written to (${code})`, { cause });
  }
}

/** Refuses what stands under the model's name, unless exoctl copied it there or it is an empty folder. */
async function checkName({ modelsFolders, placed }: CopyPlaces, name: string): Promise<void> {
  for (const [at, folder] of modelsFolders.entries()) {
    const path = join(folder, name);
    const found = await unlessMissing(lstat(path));
    if (found === undefined) continue;
    const by = await placed.placedBy(path);
    if (at === 0 && found.isDirectory() && (by === "sync" || by === "import")) continue;
    // exo leaves an empty folder behind when it is asked for a model that it doesn't have.
    if (found.isDirectory() && (await readdir(path)).length === 0) continue;
    const what = found.isDirectory() ? "is a folder that exoctl did not copy" : "is not a folder";
    throw new RegistryPathError(path, `${what} and that is not the wanted model; move it away and try again`);
  }
}

/** Removes everything from a copy that does not belong there, and makes its files as long as they may be at most. */
async function tidy(folder: string, files: readonly ManifestFile[]): Promise<void> {
  const wanted = new Map(files.map((file) => [join(folder, file.path), file.bytes]));
  const folders = new Set([...wanted.keys()].map(dirname));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const belongs = entry.isFile() ? wanted.has(path) : entry.isDirectory() && isAbove(path, folders);
    if (!belongs) await rm(path, { recursive: true, force: true });
  }
  for (const inner of folders) await mkdir(inner, { recursive: true });
  for (const [path, bytes] of wanted) {
    const file = await openPlainly(path, constants.O_CREAT);
    try {
      if ((await file.stat()).size > bytes) await file.truncate(bytes);
    } finally {
      await file.close();
    }
  }
}

const isAbove = (path: string, folders: ReadonlySet<string>): boolean =>
  [...folders].some((folder) => folder === path || folder.startsWith(path + sep));

/** Opens a file of the copy for writing, and never what a link leads to: `tidy` has left none of the folders a link. */
const openPlainly = (path: string, more = 0): Promise<FileHandle> =>
  open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK | more, 0o644);

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

/** Opens the copy under its temporary name, with what is there of it. */
export async function openSyncCopy(places: CopyPlaces, { modelId, files }: ModelManifest): Promise<ModelCopy> {
  const [root] = places.modelsFolders;
  const name = modelFolderName(modelId);
  const [place, aside] = [join(root, name), join(root, `.exoctl-sync-old-${name}`)];
  await checkName(places, name);
  let folder = await onDisk(() => ourFolder(root, `.exoctl-sync-${name}`));
  await onDisk(async () => {
    await rm(aside, { recursive: true, force: true });
    await tidy(folder, files);
  });
  const pathOf = (fileIndex: number): string => join(folder, files[fileIndex]?.path ?? "");
  const bringToDisk = async (): Promise<void> => {
    for (const [fileIndex, { bytes, path }] of files.entries()) {
      const file = await openPlainly(pathOf(fileIndex));
      try {
        if ((await file.stat()).size !== bytes) throw new CopyDiskError("size", `${path} has changed its size`);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    for (const inner of new Set(files.map((_, fileIndex) => dirname(pathOf(fileIndex))))) await syncFolder(inner);
  };
  return {
    open: async (fileIndex) => {
      const file = await unlessMissing(openPlainFile(pathOf(fileIndex)));
      return file === undefined ? undefined : asOpenFile(file);
    },
    openToWrite: async (fileIndex) => {
      const file = await onDisk(() => openPlainly(pathOf(fileIndex)));
      return {
        write: (data, position) =>
          onDisk(async () => {
            for (let from = 0; from < data.length; )
              from += (await file.write(data, from, data.length - from, position + from)).bytesWritten;
          }),
        close: () => onDisk(() => file.close()),
      };
    },
    place: async () => {
      await onDisk(bringToDisk);
      await checkName(places, name);
      await places.placed.remember(place, "sync");
      await onDisk(async () => {
        // Ours, or empty. It goes aside in one step, so that exo never sees half of a folder under this name.
        await unlessMissing(rename(place, aside));
        await rename(folder, place).catch(async (error: unknown) => {
          await unlessMissing(rename(aside, place));
          throw error;
        });
        folder = place;
        await syncFolder(root);
        await rm(aside, { recursive: true, force: true });
      });
    },
  };
}
