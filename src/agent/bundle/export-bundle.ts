import type { ModelId } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { type ModelManifest, manifestBytes, renderManifest } from "../../models/sync/manifest.js";
import { wrongFiles } from "../sync/check-copy.js";
import { type ManifestParts, makeManifest, sourceOf } from "../sync/make-manifest.js";
import type { SourceFolder } from "../sync/model-disk.js";
import { renderBundleEntry } from "./bundle-entry.js";
import type { BundleTarget } from "./bundle-folder.js";
import { bundleProblem, inWords } from "./bundle-problems.js";
import { bundleReadme } from "./bundle-readme.js";
import { type BundleReport, reportOf } from "./bundle-report.js";
import type { BundleSteps } from "./bundle-steps.js";
import { fillCopy } from "./fill-copy.js";

export interface ExportRequest {
  readonly model: ModelId;
  readonly entry: EntrySpec;
  /** For people. */
  readonly folder: string;
}

/**
 * Writes a bundle of a model that is complete on this machine. It is a bundle only once everything in it was read back; until then
 * it has no manifest, and the same command goes on where it was stopped.
 *
 * @throws RefusalError when there are no complete files here, Problem when the folder can't take them
 */
export async function exportBundle(
  from: ManifestParts,
  target: BundleTarget,
  request: ExportRequest,
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<BundleReport> {
  const { model, entry, folder } = request;
  const source = await sourceOf(from.disk, model);
  const total = source.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const manifest = await steps.run("read the model", total, (onBytes) =>
    makeManifest(from, model, source, onBytes, signal),
  );
  return await inWords(folder, async () => {
    const state = await checkTarget(target, manifest, folder);
    if (state !== "finished") await target.begin(renderManifest(manifest));
    const copiedBytes =
      state !== "new" && (await isThere(target, manifest, steps, signal))
        ? 0
        : await copyOut(from, source, target, manifest, folder, steps, signal);
    await target.vocabulary.ensure();
    await target.write("entry.json", renderBundleEntry(entry));
    await target.write("README.txt", bundleReadme(manifest));
    if (state !== "finished") await target.finish();
    const outcome = state === "finished" && copiedBytes === 0 ? "unchanged" : "exported";
    return reportOf(outcome, manifest, { folder, copiedBytes, entry });
  });
}

/** What the folder is before anything is written to it. @throws Problem when it holds something else */
async function checkTarget(
  target: BundleTarget,
  manifest: ModelManifest,
  folder: string,
): Promise<"new" | "begun" | "finished"> {
  const text = renderManifest(manifest);
  const strangers = await target.strangers(manifest);
  if (strangers.length > 0)
    throw bundleProblem(
      "folder_not_empty",
      `${folder} holds something else: ${strangers.slice(0, 5).join(", ")}`,
      "Name an empty folder, or one that does not exist yet; a bundle is a folder of its own.",
    );
  const { finished, begun } = await target.state();
  if ([finished, begun].some((found) => found !== undefined && found !== text))
    throw bundleProblem(
      "other_bundle",
      `${folder} holds a bundle of other files`,
      "Name another folder, or remove that bundle first.",
    );
  return finished !== undefined ? "finished" : begun !== undefined ? "begun" : "new";
}

/** Whether the model stands in the bundle already, every byte of it. */
async function isThere(
  target: BundleTarget,
  manifest: ModelManifest,
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<boolean> {
  const open = (fileIndex: number) => target.openPlaced(manifest.modelId, manifest.files[fileIndex]?.path ?? "");
  const wrong = await steps.run("check the bundle", manifestBytes(manifest), (onBytes) =>
    wrongFiles(manifest, open, onBytes, signal),
  );
  return wrong.length === 0;
}

async function copyOut(
  { disk }: ManifestParts,
  source: SourceFolder,
  target: BundleTarget,
  manifest: ModelManifest,
  where: string,
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<number> {
  const copy = await target.openCopy(manifest);
  const open = (fileIndex: number) => disk.openSource(source.folder, manifest.files[fileIndex]?.path ?? "");
  const place = { where, freeBytes: () => target.freeBytes() };
  const copiedBytes = await fillCopy({ manifest, open }, copy, place, steps, signal);
  await copy.place();
  return copiedBytes;
}
