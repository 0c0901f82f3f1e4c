import { lstat, readdir, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import type { BundleSource } from "../../agent/bundle/bundle-folder.js";
import type { OpenFile } from "../../agent/sync/model-disk.js";
import { modelFolderName } from "../../cluster/names.js";
import { RegistryPathError } from "../../register/registry-files.js";
import { asOpenFile, openPlainFile } from "./open-plain-file.js";
import { unlessMissing } from "./registry-paths.js";
import { openVocabularyFile } from "./vocabulary-file.js";

/** Above the longest manifest that is read. */
const mostTextBytes = 8 * 1024 * 1024;

/** Opens a file of a bundle that is really there: no link on the way to it leads elsewhere. */
export async function openBundleFile(root: string, path: string): Promise<OpenFile> {
  const [realRoot, real] = await Promise.all([realpath(root), realpath(join(root, path))]);
  if (real !== join(realRoot, path))
    throw new RegistryPathError(path, "is a link, and links of a bundle are not followed");
  return asOpenFile(await openPlainFile(real));
}

/** The text of a small file; undefined when there is no such plain file. A longer one is cut, which its reader refuses. */
async function textAt(root: string, name: string): Promise<string | undefined> {
  if ((await unlessMissing(lstat(join(root, name))))?.isFile() !== true) return undefined;
  const file = await openBundleFile(root, name);
  try {
    const buffer = Buffer.allocUnsafe(mostTextBytes);
    let length = 0;
    for (let count = 1; count > 0 && length < mostTextBytes; length += count)
      count = await file.read(buffer.subarray(length), length);
    return buffer.toString("utf8", 0, length);
  } finally {
    await file.close();
  }
}

/** A bundle on this disk. */
export function openBundleSource(root: string): BundleSource {
  return {
    manifest: () => textAt(root, "manifest.json"),
    entry: () => textAt(root, "entry.json"),
    flaws: async ({ modelId, files }) => {
      const name = modelFolderName(modelId);
      const folder = join(root, name);
      if ((await unlessMissing(lstat(folder)))?.isDirectory() !== true) return [`${name}: not a folder`];
      const flaws: string[] = [];
      const wanted = new Map(files.map(({ path, bytes }) => [path, bytes]));
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        const path = relative(folder, join(entry.parentPath, entry.name));
        // macOS and its Finder leave hidden files on other disks.
        if (entry.isDirectory() || (entry.isFile() && entry.name.startsWith("."))) continue;
        const bytes = wanted.get(path);
        wanted.delete(path);
        if (!entry.isFile()) flaws.push(`${path}: not a plain file`);
        else if (bytes === undefined) flaws.push(`${path}: not in the manifest`);
        else if ((await lstat(join(folder, path))).size !== bytes)
          flaws.push(`${path}: not of the size it should have`);
      }
      return [...flaws, ...[...wanted.keys()].map((path) => `${path}: missing`)];
    },
    open: (id, path) => openBundleFile(root, join(modelFolderName(id), path)),
    vocabulary: openVocabularyFile(root),
  };
}
