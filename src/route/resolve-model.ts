import type { ServingModel } from "./serving-model.js";

/** What a name given by a client stands for. */
export type ResolvedModel =
  | { readonly kind: "model"; readonly model: ServingModel }
  | {
      readonly kind: "unknown";
      /** Every name a client could have used, models before aliases. */
      readonly available: readonly string[];
      /** The name that was probably meant. */
      readonly suggestion?: string;
    };

/** Longer names get no suggestion: comparing them costs more than it helps. */
const longestComparedName = 120;

/** Finds a model by its name or, where no model has that name, by an alias. Names are compared exactly. */
export function resolveModel(name: string, models: readonly ServingModel[]): ResolvedModel {
  const model = models.find((each) => each.name === name) ?? models.find((each) => each.aliases.includes(name));
  if (model !== undefined) return { kind: "model", model };
  const available = [...new Set([...models.map((each) => each.name), ...models.flatMap((each) => each.aliases)])];
  const suggestion = nearestName(name, available);
  return suggestion === undefined ? { kind: "unknown", available } : { kind: "unknown", available, suggestion };
}

/** The nearest of `names`: one that is contained in what was asked for (as in `openai/gpt-oss-120b`), or a few typos away. */
function nearestName(asked: string, names: readonly string[]): string | undefined {
  if (asked.length > longestComparedName) return undefined;
  const wanted = asked.toLowerCase();
  const contained = names.filter((name) => wanted.includes(name.toLowerCase()));
  if (contained.length > 0) return contained.toSorted((left, right) => right.length - left.length)[0];
  const near = names
    .filter((name) => name.length <= longestComparedName)
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.ceil(name.length / 4));
  return near.toSorted((left, right) => left.distance - right.distance)[0]?.name;
}

/** Levenshtein's distance: the fewest characters to insert, delete or replace. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
