import { createHash } from "node:crypto";
import type { RegistryCard, RegistryReport, StoredModel } from "../cluster/registry-report.js";
import { readCardModelId } from "../register/read-card.js";
import type { ModelFolder, RegistryFiles } from "../register/registry-files.js";
import { isOurCard } from "../register/render-card.js";
import { refusingBlockedPaths } from "./ensure-entry.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** One line a model: complete if any of its folders is, a link if all of them are. */
function storedModel(folders: readonly ModelFolder[], all: readonly ModelFolder[]): StoredModel | undefined {
  const best = folders.find((folder) => folder.complete) ?? folders[0];
  if (best === undefined) return undefined;
  const model = { modelId: best.modelId, complete: best.complete };
  if (best.kind === "folder") return model;
  const target = all.find((folder) => folder.kind === "folder" && folder.resolved === best.resolved);
  return target === undefined ? model : { ...model, linkTo: target.modelId };
}

/** What exo's registry on this machine holds. Files that exo can't read as cards are left out, as exo does. */
export async function describeRegistry(files: RegistryFiles): Promise<RegistryReport> {
  return await refusingBlockedPaths(async () => {
    const cards: RegistryCard[] = [];
    for (const { text, inOurFolder } of await files.cards()) {
      const modelId = readCardModelId(text);
      if (modelId !== undefined) cards.push({ modelId, ours: inOurFolder && isOurCard(text), digest: sha256(text) });
    }
    const folders = await files.modelFolders();
    const ids = [...new Set(folders.map((folder) => folder.modelId))];
    const models = ids
      .map((id) =>
        storedModel(
          folders.filter((folder) => folder.modelId === id),
          folders,
        ),
      )
      .filter((model) => model !== undefined);
    const local = (await files.localModels()).map(({ modelId, use }) => ({ modelId, complete: use !== "none" }));
    return { cards, models, ...(local.length === 0 ? {} : { localModels: local }) };
  });
}
