import { basename, dirname, resolve } from "node:path";
import { openModelFolder } from "../adapters/files/model-folder.js";
import { inspectModel } from "../models/inspect/inspect-model.js";
import type { ModelInspection } from "../models/inspect/inspection.js";

/**
 * Inspects a model folder on this disk.
 *
 * @throws Problem of kind `usage` when there is no such folder
 */
export const inspectFolder = async (folder: string): Promise<ModelInspection> =>
  inspectModel(await openModelFolder(folder), modelNameOf(folder));

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
