import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { openAgentHome } from "../adapters/files/agent-home.js";
import { openBundleSource } from "../adapters/files/bundle-source.js";
import { openBundleTarget } from "../adapters/files/bundle-target.js";
import { openManifestCache } from "../adapters/files/manifest-cache.js";
import { openPlacedFoldersRecord } from "../adapters/files/placed-folders-record.js";
import { openRegistryDisk } from "../adapters/files/registry-disk.js";
import { openSyncDisk } from "../adapters/files/sync-disk.js";
import { openVocabularyFile } from "../adapters/files/vocabulary-file.js";
import type { BundleReport } from "../agent/bundle/bundle-report.js";
import type { BundleSteps } from "../agent/bundle/bundle-steps.js";
import { exportBundle } from "../agent/bundle/export-bundle.js";
import { importBundle } from "../agent/bundle/import-bundle.js";
import { exoFolders } from "../agent/exo-folders.js";
import { RefusalError } from "../agent/refusal.js";
import { sourceOf } from "../agent/sync/make-manifest.js";
import { type ModelId, modelFolderName } from "../cluster/names.js";
import { vocabulary } from "../models/vocabulary.js";
import { RegistryPathError } from "../register/registry-files.js";
import { Problem } from "../runtime/problem.js";
import { entryOfModel } from "./entry-of-model.js";
import { stateHome } from "./find-controller.js";

/** One bundle to be written or read on this machine. */
export interface BundleRequest {
  readonly model: ModelId;
  /** Absolute. */
  readonly folder: string;
  /** exo's data folder, where it is not the usual one. */
  readonly exoHome: string | undefined;
}

/** Writes a bundle of a model that is complete here. @throws Problem */
export const exportHere = ({ model, folder, exoHome }: BundleRequest, steps: BundleSteps): Promise<BundleReport> =>
  asProblems(async () => {
    const { disk, cache } = await openHere(exoHome);
    const source = await sourceOf(disk, model);
    const entry = await entryOfModel(model, source.folder);
    const target = await openBundleTarget(folder);
    return await exportBundle({ disk, cache }, target, { model, entry, folder }, steps, neverAborted());
  });

/** Puts the model of a bundle into exo's models folder here. @throws Problem */
export const importHere = ({ model, folder, exoHome }: BundleRequest, steps: BundleSteps): Promise<BundleReport> =>
  asProblems(async () => {
    const { disk, home, modelsFolder } = await openHere(exoHome);
    const place = {
      disk,
      where: modelsFolder,
      folder: join(modelsFolder, modelFolderName(model)),
      vocabulary: openVocabularyFile(home.vocabularyFolder, () => join(folder, vocabulary.fileName)),
    };
    return await importBundle(openBundleSource(folder), place, { model, from: folder }, steps, neverAborted());
  });

/** Ctrl-C ends the process; what was copied is checked and kept by the next run. */
const neverAborted = (): AbortSignal => new AbortController().signal;

/** exo's models folders and the agent's home on this machine. What is put in place is remembered as imported. */
async function openHere(exoHome: string | undefined) {
  const homeFolder = join(stateHome(), "agent");
  const home = await openAgentHome(homeFolder);
  const folders = exoFolders(process.platform, process.env, homedir(), exoHome && resolve(exoHome));
  const record = openPlacedFoldersRecord(home.placedFoldersFile);
  const registry = await openRegistryDisk({ ...folders, linkRecordFile: home.linkRecordFile }, record);
  const placed = { ...record, remember: (path: string) => record.remember(path, "import") };
  const disk = openSyncDisk({ ...folders, registry, placed });
  return { home, disk, cache: openManifestCache(homeFolder), modelsFolder: folders.modelsFolders[0] };
}

async function asProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusalError)
      throw new Problem(
        "failed",
        error.code,
        error.message,
        "Look at `exoctl model list --folder` of exo's models folder.",
        {
          cause: error,
        },
      );
    if (error instanceof RegistryPathError)
      throw new Problem("failed", error.code, error.message, "Nothing was put in place.", { cause: error });
    throw error;
  }
}
