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
  ["model_id", "1.0.68"],
];

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/**
 * Reads the variant from the document that exo serves at `/openapi.json`.
 *
 * @returns undefined when the document has no `ModelCard` schema: not an exo of 1.0.68 or later.
 */
export function readExoVariant(openapi: unknown): ExoVariant | undefined {
  const components = isRecord(openapi) ? openapi.components : undefined;
  const schemas = isRecord(components) ? components.schemas : undefined;
  if (!isRecord(schemas)) return undefined;
  const card = schemas["ModelCard-Input"] ?? schemas.ModelCard;
  if (!isRecord(card) || !isRecord(card.properties)) return undefined;
  const cardFields = Object.keys(card.properties).map(snakeCase).toSorted();
  const label = introducedBy.find(([field]) => cardFields.includes(field))?.[1];
  if (label === undefined) return undefined;
  return { label, cardFields, requiredCardFields: texts(card.required).map(snakeCase).toSorted() };
}
