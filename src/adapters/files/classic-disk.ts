import { resolve } from "node:path";
import type { ClassicFiles } from "../../register/classic/classic-files.js";
import { type FileCalls, fileCalls } from "./classic-file-calls.js";
import { findClassicInstallation } from "./classic-installation.js";
import { readClassicModelFiles } from "./classic-model-files.js";
import { openModelsPy } from "./classic-models-py.js";
import { unlessMissing } from "./registry-paths.js";

/** Where to look on this machine. */
export interface ClassicPlaces {
  /** Each may lead to an exo 0.0.x; together they have to lead to exactly one. */
  readonly installations: readonly string[];
  /** exo's own folder, `EXO_HOME`: `~/.cache/exo` unless it is set. */
  readonly exoHome: string;
  readonly currentFolder: string;
}

/**
 * The exo 0.0.x on this disk.
 *
 * @throws Problem (usage) when there is none, or when it is not clear which
 */
export async function openClassicDisk(places: ClassicPlaces, calls: FileCalls = fileCalls): Promise<ClassicFiles> {
  const installation = await findClassicInstallation(places.installations, calls);
  return {
    installation,
    ...openModelsPy(installation.modelsPy, calls),
    modelFiles: (repo) => readClassicModelFiles(calls, places.exoHome, repo),
    repoFolder: async (repo) => {
      const found = await unlessMissing(calls.stat(resolve(places.currentFolder, repo)));
      return found?.isDirectory() ? "here" : "none";
    },
  };
}
