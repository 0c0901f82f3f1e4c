import { entryOfCopy } from "../../cluster/copy-entry.js";
import { entryFor } from "../../models/catalogue.js";
import type { ModelRun } from "../model-run.js";

/**
 * The names that clients use, by the ids that exo runs the models by.
 *
 * @param aliases further names, each with the name that it stands for
 */
export function servedNames(
  runs: readonly ModelRun[],
  aliases: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  for (const { entry: model, plan } of runs) {
    const entry = entryFor(model.name, model.quantization, "own");
    const further = Object.entries(aliases).flatMap(([alias, name]) => (name === model.name ? [alias] : []));
    const copies = Math.max(1, plan?.copies.length ?? 1);
    const ids =
      model.entry === "builtin"
        ? [entry.weightsOf]
        : Array.from({ length: copies }, (_, index) => entryOfCopy(entry, index + 1).modelId);
    for (const id of ids) names.set(id, [...(names.get(id) ?? []), model.name, ...further]);
  }
  return names;
}
