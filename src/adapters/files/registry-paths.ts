import { lstat, mkdir, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { RegistryPathError } from "../../register/registry-files.js";

const missingCodes = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

/** Whether an error of the file system says that nothing is there (a dangling or endless link counts as nothing). */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && missingCodes.has(String(error.code));

/** The result of a file system call, or undefined when nothing is there. Any other error goes through. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names in a folder, sorted; empty when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return ((await unlessMissing(readdir(folder))) ?? []).toSorted();
}

/** Where a path really is when all links are followed, provided that this is inside one of the (resolved) roots. */
export async function resolveInside(path: string, roots: readonly string[]): Promise<string | undefined> {
  const real = await unlessMissing(realpath(path));
  if (real === undefined) return undefined;
  return roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))
    ? real
    : undefined;
}

/** Roots with links followed, without those that do not exist. */
export async function resolveRoots(folders: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(folders.map((folder) => unlessMissing(realpath(folder))));
  return found.filter((folder) => folder !== undefined);
}

/**
 * A folder of ours below a root, created when it is not there.
 *
 * @throws RegistryPathError when something else, such as a link to another place, has its name
 */
export async function ourFolder(root: string, name: string): Promise<string> {
  await mkdir(root, { recursive: true });
  const folder = join(root, name);
  const found = await unlessMissing(lstat(folder));
  if (found === undefined) await mkdir(folder, { recursive: true });
  else if (!found.isDirectory()) throw new RegistryPathError(folder, "is not a folder");
  return folder;
}

/** Whether a file is there, inside the roots, following links. */
export async function isFileInside(path: string, roots: readonly string[]): Promise<boolean> {
  const real = await resolveInside(path, roots);
  if (real === undefined) return false;
  return (await unlessMissing(stat(real)))?.isFile() ?? false;
}
