import { isLocalId, nameOfModelId } from "../cluster/local-model-id.js";
import { type ModelId, modelFolderName, modelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { EntryFacts } from "./inspected-model.js";

/**
 * The id that exo runs inspected weights by. Their own one where nobody publishes anything under it; exo would look others up
 * on Hugging Face, and its own cards win over ours.
 */
const entryId = (id: ModelId): ModelId => (isLocalId(id) ? id : modelId(`exoctl/${modelFolderName(id)}`));

/** Longest display name that an entry takes. */
const longestName = 128;

/** The registry entry of weights that were inspected. @param id of the weights, such as `local/gpt-oss-120b-4bit` */
export function entryOfWeights(id: ModelId, facts: EntryFacts): EntrySpec {
  const isGptOss = facts.family === "gpt-oss";
  return {
    modelId: entryId(id),
    weightsOf: id,
    ...facts,
    baseModel: nameOfModelId(id).slice(0, longestName),
    capabilities: isGptOss ? ["text", "thinking"] : ["text"],
  };
}
