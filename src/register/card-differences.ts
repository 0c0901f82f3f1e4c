import { parse } from "smol-toml";

/** More than a person reads at once, and far below what an error message may hold. */
const mostDifferences = 8;
const mostCharacters = 60;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Every value with its dotted name in snake_case: exo takes camelCase for the same. */
function flat(table: Record<string, unknown>, prefix = ""): ReadonlyMap<string, string> {
  const values = Object.entries(table).flatMap(([key, value]): (readonly [string, string])[] => {
    const name = `${prefix}${snakeCase(key)}`;
    return isTable(value) ? [...flat(value, `${name}.`)] : [[name, JSON.stringify(value)]];
  });
  return new Map(values);
}

function read(text: string): ReadonlyMap<string, string> | undefined {
  try {
    return flat(parse(text));
  } catch {
    return undefined; // not TOML, so there is nothing to compare
  }
}

const short = (text: string): string => (text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text);

/**
 * Where somebody else's card says something else than ours would, in words: `n_layers 35 instead of 36, no family`. Layout and
 * comments do not count.
 */
export function describeCardDifferences(theirs: string, ours: string): string {
  const [found, wanted] = [read(theirs), read(ours)];
  if (found === undefined || wanted === undefined) return "it can't be read as a model card";
  const names = [...new Set([...wanted.keys(), ...found.keys()])];
  const differences = names.flatMap((name) => {
    const [there, here] = [found.get(name), wanted.get(name)];
    if (there === here) return [];
    if (there === undefined) return [`no ${name}`];
    return [
      here === undefined ? `${name} ${short(there)} besides` : `${name} ${short(there)} instead of ${short(here)}`,
    ];
  });
  if (differences.length === 0) return "it says the same";
  const more = differences.length - mostDifferences;
  const shown = differences.slice(0, mostDifferences).join(", ");
  return `it says ${shown}${more > 0 ? `, and ${more} more` : ""}`;
}
