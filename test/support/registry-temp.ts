import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModelRemovalDisk } from "../../src/adapters/files/model-removal-disk.js";
import { openPlacedFoldersRecord } from "../../src/adapters/files/placed-folders-record.js";
import { openRegistryDisk, type RegistryPlaces } from "../../src/adapters/files/registry-disk.js";
import type { ModelRemovalFiles } from "../../src/register/model-removal.js";
import type { PlacedFolders } from "../../src/register/placed-folders.js";
import type { RegistryFiles } from "../../src/register/registry-files.js";
import { silentLogger } from "../../src/runtime/logger.js";

export interface TempRegistry extends RegistryPlaces {
  readonly root: string;
  open(): Promise<RegistryFiles>;
  /** Which folders exoctl has put there. */
  readonly placed: PlacedFolders;
  openRemoval(): Promise<ModelRemovalFiles>;
  /** A folder with an index that names two files; both are there unless told otherwise. */
  addModel(
    folder: string,
    options?: { readonly files?: "all" | "one missing"; readonly index?: string },
  ): Promise<string>;
  remove(): Promise<void>;
}

/** A registry in a temporary folder, as exo would have it. */
export async function createTempRegistry(): Promise<TempRegistry> {
  const root = await mkdtemp(join(tmpdir(), "exoctl-registry-"));
  const places: RegistryPlaces = {
    cardsFolder: join(root, "custom_model_cards"),
    modelsFolders: [join(root, "models"), join(root, "more-models")],
    localModelsFolders: [join(root, "mlx_models")],
    linkRecordFile: join(root, "model-links.json"),
  };
  await mkdir(places.modelsFolders[0]);
  const placed = openPlacedFoldersRecord(join(root, "placed-folders.json"));
  return {
    ...places,
    root,
    open: () => openRegistryDisk(places, placed),
    placed,
    openRemoval: async () => openModelRemovalDisk(places, await openRegistryDisk(places, placed), placed, silentLogger),
    addModel: async (folder, options = {}) => {
      await mkdir(folder, { recursive: true });
      const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
      const weightMap = {
        "model.embed.weight": names[0],
        "model.layers.0.weight": names[1],
        "lm_head.weight": names[1],
      };
      await writeFile(
        join(folder, "model.safetensors.index.json"),
        options.index ?? JSON.stringify({ metadata: {}, weight_map: weightMap }),
      );
      const there = options.files === "one missing" ? names.slice(0, 1) : names;
      for (const name of there) await writeFile(join(folder, name), "weights");
      return folder;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
