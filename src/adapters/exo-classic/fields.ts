/** A value that was understood, or what is wrong with it, in words with the place in front. */
export type Parsed<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "broken"; readonly problem: string };

/** What is not understood: thrown inside a parser only, and turned into `broken` at its end. */
class Broken extends Error {}

/** Ends the parser that runs. @throws always */
export function broken(place: string, expected: string): never {
  throw new Broken(`${place}: expected ${expected}`);
}

/** Runs a parser that may call `broken`. Every other error is a fault of ours and goes on. */
export function parsing<T>(parse: () => T): Parsed<T> {
  try {
    return { kind: "value", value: parse() };
  } catch (error) {
    if (error instanceof Broken) return { kind: "broken", problem: error.message };
    throw error;
  }
}

/** Ids of nodes and models, and other short texts of exo. */
const longestText = 500;
/** Whatever could play tricks on a terminal or in a log. */
const control = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
const controls = /[\p{Cc}\p{Cs}\u2028\u2029]+/gu;

/** An own field; inherited ones do not count. */
export function field(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The entries of a map with ids for keys, at most `most`. */
export function entriesOf(value: unknown, most: number, place: string): [string, unknown][] {
  if (!isFields(value)) return broken(place, "an object");
  const entries = Object.entries(value);
  if (entries.length > most) broken(place, `at most ${most} entries`);
  for (const [id] of entries) idIn(id, `a key of ${place}`);
  return entries;
}

export function listIn(value: unknown, most: number, place: string): readonly unknown[] {
  return Array.isArray(value) && value.length <= most ? value : broken(place, `a list of at most ${most}`);
}

/** An id is compared and shown, so it is taken as it is or not at all. */
export function idIn(value: unknown, place: string): string {
  const isId = typeof value === "string" && value !== "" && value.length <= longestText && !control.test(value);
  return isId ? value : broken(place, "an id");
}

/** Text that is only shown: may be missing, is cut where it is long, and plays no tricks. */
export const shownText = (value: unknown, longest = longestText): string =>
  typeof value === "string" ? value.replace(controls, " ").slice(0, longest) : "";

/** A number that is only shown: 0 where it is missing or odd. */
export const shownNumber = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;

/** A whole number from 0 to `most`. */
export function countIn(value: unknown, most: number, place: string): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most
    ? value
    : broken(place, `a whole number from 0 to ${most}`);
}
