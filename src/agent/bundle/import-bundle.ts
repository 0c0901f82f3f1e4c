import type { ModelId } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { type ModelManifest, manifestBytes } from "../../models/sync/manifest.js";
import { readManifest } from "../../models/sync/read-manifest.js";
import { vocabulary } from "../../models/vocabulary.js";
import { wrongFiles } from "../sync/check-copy.js";
import type { ModelDisk } from "../sync/model-disk.js";
import type { VocabularyFiles } from "../vocabulary.js";
import { readBundleEntry } from "./bundle-entry.js";
import type { BundleSource } from "./bundle-folder.js";
import { bundleProblem, inWords } from "./bundle-problems.js";
import { type BundleReport, reportOf } from "./bundle-report.js";
import type { BundleSteps } from "./bundle-steps.js";
import { fillCopy } from "./fill-copy.js";

/** Where an imported model goes. */
export interface ImportPlace {
  readonly disk: ModelDisk;
  /** The models folder, for people. */
  readonly where: string;
  /** Where the model's folder will be. */
  readonly folder: string;
  /** The agent's own file, made from the bundle's. */
  readonly vocabulary: VocabularyFiles;
}

/**
 * Copies the model of a bundle into exo's models folder. Nothing appears under the model's name before every byte of it was
 * compared with the manifest, on the way and once more on the disk.
 *
 * @throws Problem when the bundle is not whole, not plain or not of this model, RegistryPathError when something is in the way
 */
export async function importBundle(
  bundle: BundleSource,
  place: ImportPlace,
  { model, from }: { readonly model: ModelId; readonly from: string },
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<BundleReport> {
  const { manifest, entry } = await readBundle(bundle, model, from);
  return await inWords(place.where, async () => {
    await place.vocabulary.ensure(); // small, and exo needs it as much as the weights
    const isThere = await isPlaced(place.disk, manifest, steps, signal);
    const copiedBytes = isThere ? 0 : await copyIn(bundle, place, manifest, steps, signal);
    const rest = { folder: place.folder, copiedBytes, entry };
    return reportOf(isThere ? "unchanged" : "imported", manifest, rest);
  });
}

/** Whether these very files are in exo's models folders already. Then they stay as they are, whoever put them there. */
async function isPlaced(
  disk: ModelDisk,
  manifest: ModelManifest,
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await disk.findComplete(manifest.modelId);
  if (found === undefined) return false;
  const sizes = new Map(found.files.map(({ path, bytes }) => [path, bytes]));
  if (!manifest.files.every(({ path, bytes }) => sizes.get(path) === bytes)) return false;
  const open = (fileIndex: number) => disk.openSource(found.folder, manifest.files[fileIndex]?.path ?? "");
  const wrong = await steps.run("check the model's folder", manifestBytes(manifest), (onBytes) =>
    wrongFiles(manifest, open, onBytes, signal),
  );
  return wrong.length === 0;
}

async function copyIn(
  bundle: BundleSource,
  { disk, where }: ImportPlace,
  manifest: ModelManifest,
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<number> {
  const copy = await disk.openCopy(manifest);
  const open = (fileIndex: number) => bundle.open(manifest.modelId, manifest.files[fileIndex]?.path ?? "");
  const place = { where, freeBytes: () => disk.freeBytes() };
  const copiedBytes = await fillCopy({ manifest, open }, copy, place, steps, signal);
  await copy.place();
  return copiedBytes;
}

async function readBundle(
  bundle: BundleSource,
  model: ModelId,
  from: string,
): Promise<{ readonly manifest: ModelManifest; readonly entry: EntrySpec }> {
  const text = await bundle.manifest();
  if (text === undefined)
    throw bundleProblem(
      "no_bundle",
      `${from} is no finished bundle: it has no manifest.json`,
      "Name the folder that `exoctl model sync MODEL --offline --export` wrote; run that again if it was stopped.",
    );
  const read = readManifest(text);
  if (read.kind === "problems") throw damaged(from, ["manifest.json", ...read.problems]);
  const { manifest } = read;
  if (manifest.modelId !== model)
    throw bundleProblem(
      "other_model",
      `${from} holds ${manifest.modelId}, not ${model}`,
      "Name the model that it holds.",
    );
  const flaws = await bundle.flaws(manifest);
  if (flaws.length > 0) throw damaged(from, flaws);
  const entry = readBundleEntry((await bundle.entry()) ?? "");
  if (entry?.weightsOf !== model) throw damaged(from, ["entry.json: not the entry of this model"]);
  const words = await bundle.vocabulary.check(bundle.vocabulary.folder);
  if (words !== "good") throw damaged(from, [`${vocabulary.fileName}: ${words}`]);
  return { manifest, entry };
}

const damaged = (from: string, flaws: readonly string[]) =>
  bundleProblem(
    "damaged_bundle",
    `${from} is not the bundle that was exported: ${flaws.slice(0, 5).join("; ")}`,
    "Nothing was put in place. Copy the bundle anew from where it is right.",
  );
