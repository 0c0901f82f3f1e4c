import { basename, dirname, resolve } from "node:path";
import { foldersInside, openModelFolder } from "../adapters/files/model-folder.js";
import type { Verdict } from "../models/inspect/finding.js";
import { inspectModel } from "../models/inspect/inspect-model.js";
import type { ModelInspection } from "../models/inspect/inspection.js";

/**
 * Inspects a model folder on this disk.
 *
 * @throws Problem of kind `usage` when there is no such folder
 */
export const inspectFolder = async (folder: string): Promise<ModelInspection> =>
  inspectModel(await openModelFolder(folder), modelNameOf(folder));

/** A line of `exoctl model list --folder`. */
export interface ListedModel {
  readonly name: string;
  readonly folder: string;
  readonly verdict: Verdict;
  /** Whether exo 1.x takes the folder for complete, which says little about what is inside. */
  readonly exoComplete: boolean;
  /** Null where no weights could be read. */
  readonly quantization: string | null;
  /** Tensors that are there. */
  readonly bytes: number;
  /** The first thing that is wrong. */
  readonly problem: string | null;
}

/** What only folders have that hold no model at all. */
const isNoModel = ({ findings, facts }: ModelInspection): boolean =>
  facts === null && ["config_missing", "no_weights"].every((code) => findings.some((finding) => finding.code === code));

/**
 * Inspects every model in a folder of models on this disk; folders that hold none, such as caches, are left out.
 *
 * @throws Problem of kind `usage` when there is no such folder
 */
export async function listModelFolders(root: string): Promise<readonly ListedModel[]> {
  const listed: ListedModel[] = [];
  for (const folder of await foldersInside(root)) {
    const inspection = await inspectFolder(folder);
    if (!isNoModel(inspection)) listed.push(lineOf(folder, inspection));
  }
  return listed;
}

function lineOf(folder: string, { name, verdict, exo, facts, findings }: ModelInspection): ListedModel {
  const wrong = findings.find(({ severity }) => severity === verdict);
  return {
    name,
    folder,
    verdict,
    exoComplete: exo.complete,
    quantization: facts === null ? null : (facts.quantization.name ?? facts.quantization.words),
    bytes: facts?.bytes.total ?? 0,
    problem: wrong === undefined ? null : `${wrong.file === undefined ? "" : `${wrong.file}: `}${wrong.message}`,
  };
}

/**
 * What to call the model in a folder: the folder's name. Hugging Face's store names its folders by commits, and the model
 * two levels above (`models--openai--gpt-oss-120b/snapshots/<commit>`).
 */
export function modelNameOf(folder: string): string {
  const path = resolve(folder);
  const above = dirname(path);
  const stored = /^models--(.+)$/.exec(basename(dirname(above)))?.[1];
  const name = basename(above) === "snapshots" && stored !== undefined ? stored : basename(path);
  return name.replace("--", "/") || "model";
}
