import { isModelId, type ModelId } from "./names.js";

/** Owner of models whose folder names none. */
const localOwner = "local";

/**
 * The id of a model by the name of its folder: `owner--name`, as exo writes it, is `owner/name`, and `gpt-oss-120b-4bit` is
 * `local/gpt-oss-120b-4bit`.
 *
 * @returns undefined for names that can't be a model's, such as `.cache`
 */
export function localModelId(folderName: string): ModelId | undefined {
  const id = folderName.includes("--") ? folderName.replace("--", "/") : `${localOwner}/${folderName}`;
  return isModelId(id) ? id : undefined;
}

/** What clients call a model of this id unless somebody chose another name: `gpt-oss-120b-4bit`. */
export const nameOfModelId = (id: ModelId): string => id.slice(id.indexOf("/") + 1);

/** Whether a model has no owner, so that nobody publishes anything under its id. */
export const isLocalId = (id: ModelId): boolean => id.startsWith(`${localOwner}/`);
