import { modelId } from "./names.js";
import type { EntrySpec } from "./registry-report.js";

/**
 * Every copy of a model runs under a model id of its own, with a registry entry of its own over the same weights; the first
 * under the plain id. For a request names a model and never an instance: exo's master gives it to that instance of the model
 * which has the fewest tasks, whether that one is ready or still loads (checked in exo 1.0.68, 1.0.71 and after). Under one id
 * for all, clients would wait in a copy that loads, an unproven one would answer them, and no question could be put to the one
 * copy that is to be proven. Under ids of their own, the answer to an id is the answer of that copy.
 *
 * @param number from 1
 */
export const entryOfCopy = (entry: EntrySpec, number: number): EntrySpec =>
  number === 1 ? entry : { ...entry, modelId: modelId(`${entry.modelId}-copy${number}`) };

/** Which copy of the entry's model runs under this id; undefined when it is none of them. */
export function copyNumber(entry: Pick<EntrySpec, "modelId">, id: string): number | undefined {
  if (id === entry.modelId) return 1;
  const [plain, number] = splitCopyId(id);
  return plain === entry.modelId ? number : undefined;
}

/** Whether an instance of this id runs the entry's model: as one of its copies, or under the id of the weights. */
export const isRunAs = (entry: Pick<EntrySpec, "modelId" | "weightsOf">, id: string): boolean =>
  id === entry.weightsOf || copyNumber(entry, id) !== undefined;

/** The id without the number of its copy: what all copies have in common. */
export const plainEntryId = (id: string): string => splitCopyId(id)[0];

function splitCopyId(id: string): readonly [plain: string, number: number | undefined] {
  const match = /^(.+)-copy([1-9]\d{0,3})$/.exec(id);
  const number = Number(match?.[2]);
  return match?.[1] !== undefined && number > 1 ? [match[1], number] : [id, undefined];
}
