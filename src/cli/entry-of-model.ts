import type { ModelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import { catalogueNames, entryFor } from "../models/catalogue.js";
import { quantizations } from "../models/quantized-bytes.js";
import { checkEntry } from "../register/entry-schema.js";
import { Problem } from "../runtime/problem.js";
import { inspectFolder } from "./inspect-folder.js";

/** The facts of exo's registry entry for a model: the catalogue's, or else what its files say. @throws Problem when they say too little */
export async function entryOfModel(id: ModelId, folder: string): Promise<EntrySpec> {
  const known = catalogueNames
    .flatMap((name) => quantizations.map((quantization) => entryFor(name, quantization, "own")))
    .find(({ weightsOf }) => weightsOf === id);
  if (known !== undefined) return known;
  const { card } = (await inspectFolder(folder)).exo;
  const checked = checkEntry({
    modelId: id,
    weightsOf: id,
    layers: card?.nLayers,
    hiddenSize: card?.hiddenSize,
    kvHeads: card?.numKeyValueHeads,
    contextTokens: card?.contextLength,
    storageBytes: card?.storageSizeInBytes,
    supportsTensor: card?.supportsTensor,
    family: card?.family,
    quantization: card?.quantization,
    baseModel: id.slice(id.indexOf("/") + 1, id.indexOf("/") + 129),
    capabilities: ["text"],
  });
  if (checked.kind === "entry") return checked.entry;
  throw new Problem(
    "failed",
    "no_entry",
    `the files of ${id} don't say what exo's registry needs to know of it`,
    `Look at \`exoctl model inspect ${folder}\`.`,
  );
}
