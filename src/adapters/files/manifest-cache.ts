import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import type { ManifestCache, SourceFolder } from "../../agent/sync/model-disk.js";
import { type ModelId, modelFolderName } from "../../cluster/names.js";
import { renderManifest } from "../../models/sync/manifest.js";
import { readManifest } from "../../models/sync/read-manifest.js";
import { unlessMissing } from "./registry-paths.js";

const entrySchema = z.object({ of: z.string(), manifest: z.string() });

/** Folder, names, sizes and stamps: whoever changes a file changes this. */
const keyOf = ({ folder, files }: SourceFolder): string =>
  createHash("sha256")
    .update(JSON.stringify([folder, files]))
    .digest("hex");

function parse(text: string): z.infer<typeof entrySchema> | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // half a file, or somebody else's: the manifest is made anew
  }
}

/** Manifests in files of the agent's home folder, one for each model. */
export function openManifestCache(homeFolder: string): ManifestCache {
  const folder = join(homeFolder, "manifests");
  const fileOf = (id: ModelId): string => join(folder, `${modelFolderName(id)}.json`);
  return {
    get: async (source, id) => {
      const entry = parse((await unlessMissing(readFile(fileOf(id), "utf8"))) ?? "");
      if (entry === undefined || entry.of !== keyOf(source)) return undefined;
      const read = readManifest(entry.manifest);
      return read.kind === "manifest" && read.manifest.modelId === id ? read.manifest : undefined;
    },
    put: async (source, manifest) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const entry = { of: keyOf(source), manifest: renderManifest(manifest) };
      await writeFileAtomic(fileOf(manifest.modelId), JSON.stringify(entry), { mode: 0o600 });
    },
  };
}
