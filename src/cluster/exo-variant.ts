/** What a running exo 1.x says about its own model cards. No endpoint reports a version, so this is how exos are told apart. */
export interface ExoVariant {
  /** For people: the oldest release whose cards look like this, or `after 1.0.71`. */
  readonly label: string;
  /** Card fields that this exo accepts, in snake_case. Any other key makes it reject the whole card. */
  readonly cardFields: readonly string[];
  readonly requiredCardFields: readonly string[];
}

/** Fields by the release that introduced them, newest first (exo source, tags v1.0.68 to v1.0.71 and b5375f8c). */
const introducedBy: readonly (readonly [field: string, label: string])[] = [
  ["backends", "after 1.0.71"],
  ["sampling_defaults", "1.0.71"],
  ["context_length", "1.0.70"],
  ["num_key_value_heads", "1.0.69"],
  ["family", "1.0.68"],
];

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/**
 * Reads the variant from the document that exo serves at `/openapi.json`.
 *
 * @returns undefined for what is no exo of 1.0.68 or later: since then cards are files, with a family each.
 */
export function readExoVariant(openapi: unknown): ExoVariant | undefined {
  const card = schemaOf(openapi, "ModelCard");
  if (card === undefined || !card.fields.includes("family")) return undefined;
  const label = introducedBy.find(([field]) => card.fields.includes(field))?.[1];
  if (label === undefined) return undefined;
  return { label, cardFields: card.fields, requiredCardFields: card.required };
}

/** Releases of exo 1.x that can be watched but not driven. */
export type OlderExo = "1.0.60" | "1.0.61 to 1.0.63" | "1.0.64 to 1.0.67";

/**
 * Reads from `/openapi.json` which of the older exos this is: its models had metadata instead of cards up to 1.0.63, and no
 * hidden size at first (exo source, tags v1.0.60-alpha0 to v1.0.67).
 *
 * @returns undefined for any other exo, and for what is none
 */
export function readOlderExo(openapi: unknown): OlderExo | undefined {
  const card = schemaOf(openapi, "ModelCard");
  if (card !== undefined) return card.fields.includes("family") ? undefined : "1.0.64 to 1.0.67";
  const metadata = schemaOf(openapi, "ModelMetadata");
  if (metadata === undefined) return undefined;
  return metadata.fields.includes("hidden_size") ? "1.0.61 to 1.0.63" : "1.0.60";
}

/** The fields of one class in snake_case. Where input and output differ, exo describes what it accepts apart. */
function schemaOf(openapi: unknown, name: string): { fields: string[]; required: string[] } | undefined {
  const components = isRecord(openapi) ? openapi.components : undefined;
  const schemas = isRecord(components) ? components.schemas : undefined;
  if (!isRecord(schemas)) return undefined;
  const schema = schemas[`${name}-Input`] ?? schemas[name];
  if (!isRecord(schema) || !isRecord(schema.properties)) return undefined;
  const sorted = (names: readonly string[]): string[] => names.map(snakeCase).toSorted();
  return { fields: sorted(Object.keys(schema.properties)), required: sorted(texts(schema.required)) };
}
