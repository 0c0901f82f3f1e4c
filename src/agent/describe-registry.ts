import { createHash } from "node:crypto";
import type { RegistryCard, RegistryReport, StoredModel } from "../cluster/registry-report.js";
import type { PlacedFolders } from "../register/placed-folders.js";
import { readCardModelId } from "../register/read-card.js";
import type { ModelFolder, RegistryFiles } from "../register/registry-files.js";
import { isOurCard } from "../register/render-card.js";
import { refusingBlockedPaths } from "./ensure-entry.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** One line a model: complete if any of its folders is, a link if all of them are. */
async function storedModel(
  folders: readonly ModelFolder[],
  all: readonly ModelFolder[],
  placed: PlacedFolders,
): Promise<StoredModel | undefined> {
  const best = folders.find((folder) => folder.complete) ?? folders[0];
  if (best === undefined) return undefined;
  const { modelId, complete, link, bytes, weightFiles } = best;
  const measured = {
    ...(bytes === undefined ? {} : { bytes }),
    ...(weightFiles === undefined ? {} : { weightFiles }),
  };
  if (link === undefined) {
    const placedBy = await placed.placedBy(best.path);
    return { modelId, complete, ...measured, ...(placedBy === undefined ? {} : { placedBy }) };
  }
  const target = all.find((folder) => folder.kind === "folder" && folder.resolved === best.resolved);
  return { modelId, complete, ...(target === undefined ? {} : { linkTo: target.modelId }), link, ...measured };
}

/** What exo's registry on this machine holds. Files that exo can't read as cards are left out, as exo does. */
export async function describeRegistry(files: RegistryFiles, placed: PlacedFolders): Promise<RegistryReport> {
  return await refusingBlockedPaths(async () => {
    const cards: RegistryCard[] = [];
    for (const { path, text, inOurFolder } of await files.cards()) {
      const modelId = readCardModelId(text);
      if (modelId !== undefined)
        cards.push({ modelId, ours: inOurFolder && isOurCard(text), digest: sha256(text), path });
    }
    const folders = await files.modelFolders();
    const byId = new Map<string, ModelFolder[]>();
    for (const folder of folders) byId.set(folder.modelId, [...(byId.get(folder.modelId) ?? []), folder]);
    const models = await Promise.all([...byId.values()].map((own) => storedModel(own, folders, placed)));
    const local = (await files.localModels()).map(({ modelId, use }) => ({ modelId, complete: use !== "none" }));
    return {
      cards,
      models: models.filter((model) => model !== undefined),
      ...(local.length === 0 ? {} : { localModels: local }),
    };
  });
}
