/** A JSON object whose fields are not yet known. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * A field by its camelCase name, or by the snake_case form of it: exo prints either, depending on the endpoint.
 * Inherited properties do not count.
 */
export function field(value: unknown, name: string): unknown {
  if (!isFields(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const snake = snakeCase(name);
  return Object.hasOwn(value, snake) ? value[snake] : undefined;
}

/** An own entry of a map whose keys are ids, not names. */
export const entry = (map: unknown, key: string): unknown =>
  isFields(map) && Object.hasOwn(map, key) ? map[key] : undefined;

/** The entries of a map; none when it is not a map. */
export const entriesOf = (map: unknown): [string, unknown][] => (isFields(map) ? Object.entries(map) : []);

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/** A whole number of at least zero. */
export function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** exo writes sizes as `{"inBytes": n}`. */
export const bytes = (value: unknown): number | undefined => count(field(value, "inBytes"));

/** A tagged union: an object with exactly one key, the class name, and an object inside. */
export function tagged(value: unknown): { readonly tag: string; readonly body: Fields } | undefined {
  const [only, ...others] = entriesOf(value);
  if (only === undefined || others.length > 0 || !isFields(only[1])) return undefined;
  return { tag: only[0], body: only[1] };
}

/** Leaves out what is undefined, so that optional fields stay absent. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
