/**
 * exo's model card, restated field by field from its source (tags v1.0.68 to v1.0.71, and b5375f8c after them). exo checks
 * strictly: no unknown field, no conversion of types; a whole number is a float too, a float is never a whole number. Cards
 * are read with bigint for whole numbers, so that 1 and 1.0 differ here as they do in TOML.
 */
export type Release = "1.0.68" | "1.0.69" | "1.0.70" | "1.0.71" | "after 1.0.71";

type Accepts = (value: unknown) => boolean;

interface Field {
  readonly accepts: Accepts;
  readonly presence: "required" | "optional";
  /** The release that brought it. */
  readonly since: Release;
}

export const releases: readonly Release[] = ["1.0.68", "1.0.69", "1.0.70", "1.0.71", "after 1.0.71"];

const text: Accepts = (value) => typeof value === "string";
const flag: Accepts = (value) => typeof value === "boolean";
const whole: Accepts = (value) => typeof value === "bigint";
const positive: Accepts = (value) => typeof value === "bigint" && value > 0n;
const number: Accepts = (value) => typeof value === "number" || typeof value === "bigint";
const listOf =
  (item: Accepts): Accepts =>
  (value) =>
    Array.isArray(value) && value.every(item);
const wordOf =
  (...words: readonly string[]): Accepts =>
  (value) =>
    typeof value === "string" && words.includes(value);
const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** exo takes each name in snake_case and in camelCase. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Complaints about a table; none when it is accepted. */
function complaints(value: unknown, fields: Readonly<Record<string, Omit<Field, "since">>>): readonly string[] {
  if (!isTable(value)) return ["not a table"];
  const names = Object.keys(value).map(snakeCase);
  const missing = Object.keys(fields).filter((name) => fields[name]?.presence === "required" && !names.includes(name));
  const wrong = Object.entries(value).filter(([name, item]) => fields[snakeCase(name)]?.accepts(item) !== true);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...missing.map((name) => `${name}: missing`),
    ...wrong.map(([name]) => (snakeCase(name) in fields ? `${name}: of another type` : `${name}: unknown`)),
    ...repeated.map((name) => `${name}: given twice`),
  ];
}

const required = (accepts: Accepts) => ({ accepts, presence: "required" }) as const;
const optional = (accepts: Accepts) => ({ accepts, presence: "optional" }) as const;
const tableOf =
  (fields: Readonly<Record<string, Omit<Field, "since">>>): Accepts =>
  (value) =>
    complaints(value, fields).length === 0;

const memory = tableOf({ in_bytes: optional(whole) });
const samplingValues = {
  temperature: optional(number),
  top_p: optional(number),
  top_k: optional(whole),
  min_p: optional(number),
  repetition_penalty: optional(number),
  presence_penalty: optional(number),
  frequency_penalty: optional(number),
};

const cardFields: Readonly<Record<string, Field>> = {
  model_id: { ...required(text), since: "1.0.68" },
  storage_size: { ...required(memory), since: "1.0.68" },
  n_layers: { ...required(positive), since: "1.0.68" },
  hidden_size: { ...required(positive), since: "1.0.68" },
  supports_tensor: { ...required(flag), since: "1.0.68" },
  tasks: { ...required(listOf(wordOf("TextGeneration", "TextToImage", "ImageToImage"))), since: "1.0.68" },
  components: {
    ...optional(
      listOf(
        tableOf({
          component_name: required(text),
          component_path: required(text),
          storage_size: required(memory),
          n_layers: optional(positive),
          can_shard: required(flag),
          safetensors_index_filename: optional(text),
        }),
      ),
    ),
    since: "1.0.68",
  },
  family: { ...optional(text), since: "1.0.68" },
  quantization: { ...optional(text), since: "1.0.68" },
  base_model: { ...optional(text), since: "1.0.68" },
  capabilities: { ...optional(listOf(text)), since: "1.0.68" },
  uses_cfg: { ...optional(flag), since: "1.0.68" },
  trust_remote_code: { ...optional(flag), since: "1.0.68" },
  num_key_value_heads: { ...optional(positive), since: "1.0.69" },
  is_custom: { ...optional(flag), since: "1.0.69" },
  context_length: { ...optional(whole), since: "1.0.70" },
  vision: {
    ...optional(
      tableOf({
        image_token_id: required(whole),
        model_type: required(text),
        weights_repo: optional(text),
        image_token: optional(text),
        processor_repo: optional(text),
      }),
    ),
    since: "1.0.70",
  },
  sampling_defaults: {
    ...optional(
      tableOf({
        ...samplingValues,
        thinking: optional(tableOf(samplingValues)),
        non_thinking: optional(tableOf(samplingValues)),
      }),
    ),
    since: "1.0.71",
  },
  backends: { ...required(listOf(wordOf("MlxMetal", "MlxCpu", "MlxCuda", "Vllm"))), since: "after 1.0.71" },
  reasoning_dialect: {
    ...optional(wordOf("none", "post_last_user", "suffix", "channel", "tool_conditional")),
    since: "after 1.0.71",
  },
};

const fieldsOf = (release: Release): Readonly<Record<string, Field>> =>
  Object.fromEntries(
    Object.entries(cardFields).filter(([, { since }]) => releases.indexOf(since) <= releases.indexOf(release)),
  );

/** Names of the card's fields in that release. */
export const cardFieldNames = (release: Release, presence?: Field["presence"]): readonly string[] =>
  Object.entries(fieldsOf(release))
    .filter(([, field]) => presence === undefined || field.presence === presence)
    .map(([name]) => name)
    .toSorted();

/** What exo of that release would find wrong with a card; empty when it takes it. @param card whole numbers as bigint */
export const cardComplaints = (release: Release, card: unknown): readonly string[] =>
  complaints(card, fieldsOf(release));
