import { type FileHandle, lstat } from "node:fs/promises";
import { RegistryPathError } from "../../register/registry-files.js";
import { openPlainFile } from "./open-plain-file.js";
import { resolveInside, unlessMissing } from "./registry-paths.js";

/** Whether an open file is the one that a path leads to now, inside the roots. */
async function isInside(file: FileHandle, path: string, roots: readonly string[]): Promise<boolean> {
  const real = await resolveInside(path, roots);
  const there = real === undefined ? undefined : await unlessMissing(lstat(real, { bigint: true }));
  const opened = await file.stat({ bigint: true });
  return there !== undefined && there.ino === opened.ino && there.dev === opened.dev;
}

/**
 * Opens a plain file that really lies inside the roots, with all links followed. What a path leads to may change between a look and
 * the opening, so it is the open file that is compared.
 *
 * @param roots with links followed
 * @throws RegistryPathError when it lies elsewhere, or is no plain file
 */
export async function openInside(path: string, roots: readonly string[]): Promise<FileHandle> {
  const file = await openPlainFile(path);
  const inside = await isInside(file, path, roots).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (inside) return file;
  await file.close();
  throw new RegistryPathError(path, "is not inside the models folders of this agent any more");
}
