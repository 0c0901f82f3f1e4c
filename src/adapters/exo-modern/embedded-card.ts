import type { ExoVariant } from "../../cluster/exo-variant.js";
import type { EntrySpec } from "../../cluster/registry-report.js";

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Everything that exoctl knows to say about a model, by exo's snake_case names. */
function knownFields(model: EntrySpec): Readonly<Record<string, unknown>> {
  return {
    model_id: model.modelId,
    storage_size: { inBytes: model.storageBytes },
    n_layers: model.layers,
    hidden_size: model.hiddenSize,
    supports_tensor: model.supportsTensor,
    tasks: ["TextGeneration"],
    num_key_value_heads: model.kvHeads,
    family: model.family,
    quantization: model.quantization,
    base_model: model.baseModel,
    capabilities: model.capabilities,
    context_length: model.contextTokens,
    trust_remote_code: false,
    backends: ["MlxMetal", "MlxCpu"],
    reasoning_dialect: model.family === "gpt-oss" ? "channel" : "none",
  };
}

/**
 * The model card that exo wants inside every shard, in camelCase, with exactly those fields that this exo accepts: any other
 * makes it refuse the whole body.
 *
 * @throws RangeError when this exo requires a field that exoctl has no value for.
 */
export function embeddedCard(model: EntrySpec, variant: ExoVariant): Record<string, unknown> {
  const known = knownFields(model);
  const lacking = variant.requiredCardFields.filter((name) => !Object.hasOwn(known, name));
  if (lacking.length > 0) {
    throw new RangeError(
      `exo (${variant.label}) requires model card fields that exoctl does not know: ${lacking.join(", ")}`,
    );
  }
  const accepted = Object.entries(known).filter(([name]) => variant.cardFields.includes(name));
  return Object.fromEntries(accepted.map(([name, value]) => [camelCase(name), value]));
}
