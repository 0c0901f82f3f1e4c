import { stringify, type TomlTable } from "smol-toml";
import type { ExoVariant } from "../cluster/exo-variant.js";
import type { EntrySpec } from "../cluster/registry-report.js";

/** First line of every card of ours. A file without it is somebody else's and is never touched. */
export const ourHeader = "# Written by exoctl.";

const header = `${ourHeader} Changes made here are overwritten; exo reads this file when it starts.\n`;

/** This exo asks for a card field that we have no value for: it is newer than what we know. */
export class UnknownCardFieldError extends Error {
  override readonly name = "UnknownCardFieldError";
  readonly code = "unknown_card_field";

  constructor(readonly fields: readonly string[]) {
    super(`this exo requires model card fields that exoctl does not know: ${fields.join(", ")}`);
  }
}

/** What exo's own gpt-oss cards say beyond numbers: how answers are parsed and sampled. */
const gptOssFields: TomlTable = {
  reasoning_dialect: "channel",
  sampling_defaults: { temperature: 1.0, top_p: 1.0, top_k: 0n },
};

/**
 * Every field that we have a value for, in the order of the file; tables last. Whole numbers are bigint so that the writer
 * can tell them from floats.
 */
const fieldsOf = (entry: EntrySpec): TomlTable => ({
  model_id: entry.modelId,
  n_layers: BigInt(entry.layers),
  hidden_size: BigInt(entry.hiddenSize),
  num_key_value_heads: BigInt(entry.kvHeads),
  supports_tensor: entry.supportsTensor,
  tasks: ["TextGeneration"],
  family: entry.family,
  quantization: entry.quantization,
  base_model: entry.baseModel,
  capabilities: [...entry.capabilities],
  context_length: BigInt(entry.contextTokens),
  // exo's default is true: it would run Python code that lies beside the weights.
  trust_remote_code: false,
  backends: ["MlxMetal", "MlxCpu"],
  storage_size: { in_bytes: BigInt(entry.storageBytes) },
  ...(entry.family === "gpt-oss" ? gptOssFields : {}),
});

/**
 * The model card of an entry as TOML, with exactly the fields that this exo accepts: one field too many and exo skips the
 * card without a word. The same entry and variant always give the same bytes.
 *
 * @throws UnknownCardFieldError when the variant requires a field that is not known here
 */
export function renderCard(entry: EntrySpec, variant: ExoVariant): string {
  const fields = fieldsOf(entry);
  const unknown = variant.requiredCardFields.filter((field) => !(field in fields));
  if (unknown.length > 0) throw new UnknownCardFieldError(unknown);
  const accepted = Object.entries(fields).filter(([field]) => variant.cardFields.includes(field));
  return `${header}${stringify(Object.fromEntries(accepted), { numbersAsFloat: true })}`;
}

/** Whether a card file was written by us. */
export const isOurCard = (text: string): boolean => text.startsWith(ourHeader);
