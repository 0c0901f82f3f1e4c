import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBundleSource } from "../../src/adapters/files/bundle-source.js";
import { openBundleTarget } from "../../src/adapters/files/bundle-target.js";
import { openManifestCache } from "../../src/adapters/files/manifest-cache.js";
import { openPlacedFoldersRecord } from "../../src/adapters/files/placed-folders-record.js";
import { openRegistryDisk } from "../../src/adapters/files/registry-disk.js";
import { openSyncDisk } from "../../src/adapters/files/sync-disk.js";
import { openVocabularyFile } from "../../src/adapters/files/vocabulary-file.js";
import type { BundleSteps } from "../../src/agent/bundle/bundle-steps.js";
import { exportBundle } from "../../src/agent/bundle/export-bundle.js";
import { importBundle } from "../../src/agent/bundle/import-bundle.js";
import type { ModelDisk } from "../../src/agent/sync/model-disk.js";
import { modelId } from "../../src/cluster/names.js";
import { anEntry } from "./registry-entries.js";

export const bundledModel = modelId("lab/tiny");
const folderName = "lab--tiny";
const weights = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;

/** Steps that say nothing; `onBytes` hears of every chunk, with the step it belongs to. */
export const quietSteps = (onChunk: (step: string, bytes: number) => void = () => {}): BundleSteps => ({
  run: (text, _total, work) => work((bytes) => onChunk(text, bytes)),
});

/** One machine: exo's models folder and the agent's home. */
async function aMachine(root: string, name: string) {
  const models = join(root, name, "models");
  await mkdir(models, { recursive: true });
  const places = {
    cardsFolder: join(root, name, "cards"),
    modelsFolders: [models] as const,
    linkRecordFile: join(root, name, "links.json"),
  };
  const record = openPlacedFoldersRecord(join(root, name, "placed.json"));
  const placed = { ...record, remember: (path: string) => record.remember(path, "import") };
  const disk = openSyncDisk({ ...places, registry: await openRegistryDisk(places, record), placed });
  return {
    models,
    record,
    disk,
    cache: openManifestCache(join(root, name)),
    vocabularyFolder: join(root, name, "tiktoken"),
    folder: join(models, folderName),
  };
}

/** A machine with a complete model, an empty one, and a folder that is carried from the one to the other. */
export async function createBundleHouse(weightBytes = 3_000_000) {
  const root = await mkdtemp(join(tmpdir(), "exoctl-bundle-"));
  const folder = join(root, "from", "models", folderName);
  await mkdir(folder, { recursive: true });
  const files: Record<string, Uint8Array | string> = {
    "config.json": "{}",
    "chat_template.jinja": "",
    "README.md": "left out",
    "model.safetensors.index.json": JSON.stringify({ weight_map: { a: weights[0], b: weights[1] } }),
    [weights[0]]: randomBytes(weightBytes),
    [weights[1]]: randomBytes(weightBytes + 7),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return await openBundleHouse(root);
}

/** The machines below a folder that `createBundleHouse` has made. */
export async function openBundleHouse(root: string) {
  const bundle = join(root, "bundle");
  const [from, to] = [await aMachine(root, "from"), await aMachine(root, "to")];
  const entry = { ...anEntry(), modelId: bundledModel, weightsOf: bundledModel };
  return {
    root,
    from,
    to,
    bundle,
    bundled: join(bundle, folderName),
    weights,
    export: async (steps = quietSteps(), signal = new AbortController().signal) =>
      await exportBundle(
        from,
        await openBundleTarget(bundle),
        { model: bundledModel, entry, folder: bundle },
        steps,
        signal,
      ),
    import: async (
      steps = quietSteps(),
      changes: { readonly model?: string; readonly disk?: Partial<ModelDisk>; readonly signal?: AbortSignal } = {},
    ) => {
      const place = {
        disk: { ...to.disk, ...changes.disk },
        where: to.models,
        folder: to.folder,
        vocabulary: openVocabularyFile(to.vocabularyFolder, () => join(bundle, "o200k_base.tiktoken")),
      };
      const request = { model: modelId(changes.model ?? bundledModel), from: bundle };
      const signal = changes.signal ?? new AbortController().signal;
      return await importBundle(openBundleSource(bundle), place, request, steps, signal);
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

export type BundleHouse = Awaited<ReturnType<typeof createBundleHouse>>;
