import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelFolder } from "../../register/registry-files.js";
import { filesOfIndex, isIndexName } from "../../register/safetensors-index.js";
import { namesIn, resolveInside, unlessMissing } from "./registry-paths.js";

/** gpt-oss-120b's index has 40 kB; the largest known ones have a few MB. */
const maxIndexBytes = 64 * 1024 * 1024;
/** How many indexes are kept as read. A machine has a few dozen models. */
const maxKeptIndexes = 500;
/** How many files of a folder are measured, beside those that an index names. Real ones have a few dozen. */
const maxMeasured = 2_000;

/** What exo would find in a model folder. */
type FolderContents = Pick<ModelFolder, "complete" | "bytes" | "weightFiles">;

/** Looks into a resolved folder. Every link in it is followed; what is outside the (resolved) roots counts as not there. */
export type ReadFolderContents = (folder: string, roots: readonly string[]) => Promise<FolderContents>;

type ReadIndex = (path: string) => Promise<readonly string[] | undefined>;

/** The weight files that an index names. It is looked at every second: one that has not changed is not read again. */
function createReadIndex(): ReadIndex {
  const known = new Map<string, { readonly version: string; readonly files: readonly string[] | undefined }>();
  return async (path) => {
    const { size, mtimeMs, ino } = await stat(path);
    if (size > maxIndexBytes) return undefined;
    const version = `${size} ${mtimeMs} ${ino}`;
    const before = known.get(path);
    if (before?.version === version) return before.files;
    const files = filesOfIndex(await readFile(path, "utf8"));
    if (known.size >= maxKeptIndexes) known.clear();
    known.set(path, { version, files });
    return files;
  };
}

async function bytesInside(path: string, roots: readonly string[]): Promise<number | undefined> {
  const real = await resolveInside(path, roots);
  const found = real === undefined ? undefined : await unlessMissing(stat(real));
  return found?.isFile() === true ? found.size : undefined;
}

const sum = (numbers: readonly (number | undefined)[]): number =>
  numbers.reduce<number>((total, number) => total + (number ?? 0), 0);

/** Measures model folders by exo's rule: complete is what has an index and every file that it names. */
export function createReadFolderContents(): ReadFolderContents {
  const readIndex = createReadIndex();
  const weightFilesOf = async (folder: string, index: string, roots: readonly string[]) => {
    const path = await resolveInside(join(folder, index), roots);
    return path === undefined ? undefined : await unlessMissing(readIndex(path));
  };
  return async (folder, roots) => {
    const names = await namesIn(folder);
    const lists = await Promise.all(names.filter(isIndexName).map((index) => weightFilesOf(folder, index, roots)));
    const named = [...new Set(lists.flatMap((files) => files ?? []))];
    const paths = [...new Set([...named, ...names.slice(0, maxMeasured)])];
    const sizes = new Map(
      await Promise.all(paths.map(async (path) => [path, await bytesInside(join(folder, path), roots)] as const)),
    );
    const present = named.filter((file) => sizes.get(file) !== undefined).length;
    return {
      complete: lists.length > 0 && lists.every((files) => files !== undefined) && present === named.length,
      bytes: sum([...sizes.values()]),
      ...(named.length === 0 ? {} : { weightFiles: { present, named: named.length } }),
    };
  };
}
