import type { ClusterView } from "../../apply/cluster-access.js";
import { plainEntryId } from "../../cluster/copy-entry.js";
import { isModelId, type ModelId } from "../../cluster/names.js";
import { Problem } from "../../runtime/problem.js";
import type { AddedModel } from "../added-models.js";
import { describeFromCatalogue, idOfFiles } from "./describe-model.js";
import type { RemoveModelRequest } from "./entries-api.js";

/** What a removal is about. */
export interface RemovalTarget {
  readonly name: string;
  readonly entryId: ModelId;
  /** The model whose files are the weights; absent when nobody knows. */
  readonly weightsOf?: ModelId;
}

/**
 * Finds the model that is to be removed: among those that were added, in the catalogue, or, by its id, on the nodes: an entry
 * that is there is removed also when this controller does not remember it.
 *
 * @throws Problem when it is not clear which, or there is nothing of that name
 */
export function removalTarget(
  request: Pick<RemoveModelRequest, "model" | "quantization">,
  added: readonly AddedModel[],
  view: ClusterView,
): RemovalTarget {
  const { model, quantization } = request;
  const matching = added.filter(
    ({ name, entry }) =>
      (name === model || [entry.modelId, entry.weightsOf].some((id) => id === model || id === idOfFiles(model))) &&
      (quantization === undefined || entry.quantization === quantization),
  );
  const [one, ...more] = matching;
  if (more.length > 0) throw severalEntries(model, matching);
  const known = one ?? describeFromCatalogue(request);
  if (known !== undefined) return { name: known.name, entryId: known.entry.modelId, weightsOf: known.entry.weightsOf };
  const id = idOfFiles(model);
  return id === undefined ? nothingThere(model) : onNodes(id, view);
}

function onNodes(id: ModelId, { registries }: ClusterView): RemovalTarget {
  const reports = [...registries.values()];
  const models = reports.flatMap((report) => report.models);
  const hasEntry = reports.some(({ cards }) => cards.some((card) => card.ours && plainEntryId(card.modelId) === id));
  const linkTo = models.find(({ modelId, linkTo: to }) => to !== undefined && plainEntryId(modelId) === id)?.linkTo;
  if (linkTo !== undefined && isModelId(linkTo)) return { name: id, entryId: id, weightsOf: linkTo };
  if (models.some(({ modelId }) => modelId === id)) return { name: id, entryId: id, weightsOf: id };
  return hasEntry ? { name: id, entryId: id } : nothingThere(id);
}

function severalEntries(model: string, matching: readonly AddedModel[]): Problem {
  const ids = matching.map(({ entry }) => entry.modelId);
  return new Problem(
    "usage",
    "several_entries",
    `${model} was added as ${ids.join(" and as ")}`,
    "Name one of these ids, or say which with --quantization.",
  );
}

function nothingThere(model: string): never {
  throw new Problem(
    "usage",
    "unknown_model",
    `there is neither an entry nor a folder of ${JSON.stringify(model)} on any node that answers`,
    "See what is there: exoctl model list",
  );
}
