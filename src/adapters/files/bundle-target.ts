import { mkdir, readFile, rename, statfs } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { BundleTarget } from "../../agent/bundle/bundle-folder.js";
import { modelFolderName } from "../../cluster/names.js";
import { vocabulary } from "../../models/vocabulary.js";
import { openBundleFile } from "./bundle-source.js";
import { namesIn, unlessMissing } from "./registry-paths.js";
import { openSyncCopy } from "./sync-copy.js";
import { openVocabularyFile } from "./vocabulary-file.js";

/** A folder on this disk that becomes a bundle; made when it does not exist. */
export async function openBundleTarget(folder: string): Promise<BundleTarget> {
  await mkdir(folder, { recursive: true });
  const [finished, begun] = [join(folder, "manifest.json"), join(folder, "manifest.json.partial")];
  const textAt = (path: string): Promise<string | undefined> => unlessMissing(readFile(path, "utf8"));
  return {
    state: async () => {
      const [done, under] = [await textAt(finished), await textAt(begun)];
      return { ...(done === undefined ? {} : { finished: done }), ...(under === undefined ? {} : { begun: under }) };
    },
    strangers: async ({ modelId }) => {
      // Hidden names are what systems leave on a disk, and our own copy under way.
      const names = (await namesIn(folder)).filter((name) => !name.startsWith("."));
      const isOurs = names.some((name) => name === "manifest.json" || name === "manifest.json.partial");
      const { fileName } = vocabulary;
      const own = [modelFolderName(modelId), "manifest.json", "manifest.json.partial", "entry.json", "README.txt"];
      const known = new Set([...own, fileName, `${fileName}.partial`]);
      return isOurs ? names.filter((name) => !known.has(name)) : names;
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    begin: (text) => writeFileAtomic(begun, text),
    openCopy: (manifest) => openSyncCopy({ modelsFolders: [folder], placed: ownBundle }, manifest),
    openPlaced: (id, path) => unlessMissing(openBundleFile(folder, join(modelFolderName(id), path))),
    write: (name, text) => writeFileAtomic(join(folder, name), text),
    vocabulary: openVocabularyFile(folder),
    finish: () => rename(begun, finished),
  };
}

/** What stands under the model's name in a bundle of the same manifest is that bundle's. */
const ownBundle = {
  placedBy: async () => "import" as const,
  remember: async () => {},
  forget: async () => {},
};
