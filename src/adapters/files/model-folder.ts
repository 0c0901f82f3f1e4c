import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type FoundFile, ModelFileError, type ModelFiles } from "../../models/inspect/model-files.js";
import { Problem } from "../../runtime/problem.js";

/** What the system says about a path, in words. */
const wordsOf: Readonly<Record<string, string>> = {
  ELOOP: "its links lead round in circles",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  ENAMETOOLONG: "its name is too long for this disk",
  EIO: "the disk can't read it",
};

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "unknown");
const wordsFor = (code: string): string => wordsOf[code] ?? `it can't be read (${code})`;

/** Links are followed: downloads of Hugging Face are folders of links into a store. */
async function look(path: string): Promise<FoundFile> {
  try {
    const found = await stat(path);
    if (found.isFile()) return { kind: "file", bytes: found.size };
    const why = found.isDirectory() ? "a folder has its name" : "it is no file but a device or a pipe";
    return { kind: "not-a-file", why };
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") return { kind: "not-a-file", why: wordsFor(code) };
    const isLink = await lstat(path).then(
      (entry) => entry.isSymbolicLink(),
      () => false,
    );
    return isLink ? { kind: "not-a-file", why: "it is a link that leads nowhere" } : { kind: "missing" };
  }
}

/** Reads until the range or the file ends; a read may return less than it was asked for. */
async function readRange(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const { size } = await file.stat();
  const buffer = new Uint8Array(Math.max(0, Math.min(length, size - start)));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Opens a file to be read; what it throws says why it can't be. */
export type OpenToRead = (path: string) => Promise<FileHandle>;

async function openAnywhere(path: string): Promise<FileHandle> {
  // Without O_NONBLOCK, opening a pipe that took the file's place meanwhile would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new ModelFileError(path, "it is not a file");
}

async function read(
  openToRead: OpenToRead,
  root: string,
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await openToRead(join(root, path));
    return await readRange(file, start, length);
  } catch (cause) {
    if (cause instanceof ModelFileError) throw new ModelFileError(path, cause.why, { cause });
    throw new ModelFileError(path, wordsFor(codeOf(cause)), { cause });
  } finally {
    await file?.close();
  }
}

/** @throws Problem of kind `usage` when there is no folder that can be read */
async function namesIn(root: string): Promise<string[]> {
  const names = await readdir(root).catch((cause: unknown) => {
    const what: Readonly<Record<string, string>> = { ENOENT: "there is no such folder", ENOTDIR: "it is not a folder" };
    const why = what[codeOf(cause)] ?? wordsFor(codeOf(cause));
    const hint = "Name a folder that holds a model: config.json and *.safetensors.";
    throw new Problem("usage", "no_model_folder", `can't read ${root}: ${why}`, hint, { cause });
  });
  return names.toSorted();
}

/**
 * Paths of the folders inside a folder, such as exo's models folder; links are followed.
 *
 * @throws Problem of kind `usage` when there is no folder that can be read
 */
export async function foldersInside(root: string): Promise<readonly string[]> {
  const paths = (await namesIn(root)).map((name) => join(root, name));
  const isFolder = (path: string): Promise<boolean> =>
    stat(path).then(
      (found) => found.isDirectory(),
      () => false, // a link that leads nowhere is no folder
    );
  const found = await Promise.all(paths.map(async (path) => ((await isFolder(path)) ? [path] : [])));
  return found.flat();
}

/**
 * A model folder on this disk.
 *
 * @param openToRead default: whatever a path leads to
 * @throws Problem of kind `usage` when there is no folder that can be read
 */
export async function openModelFolder(root: string, openToRead: OpenToRead = openAnywhere): Promise<ModelFiles> {
  const names = await namesIn(root);
  return {
    names: async () => names,
    look: (path) => look(join(root, path)),
    read: (path, start, length) => read(openToRead, root, path, start, length),
  };
}
