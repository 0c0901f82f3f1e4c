import type { ModelId } from "./names.js";

/**
 * What goes into exo's registry for one model, as facts. The agent renders the text: a controller can choose the numbers,
 * never the wording, the file name or the folder.
 */
export interface EntrySpec {
  readonly modelId: ModelId;
  /** The model whose files on disk are the weights of this entry; the entry's folder becomes a link to them. */
  readonly weightsOf: ModelId;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly kvHeads: number;
  readonly contextTokens: number;
  /** True size of the weights. */
  readonly storageBytes: number;
  readonly supportsTensor: boolean;
  /** exo's model family, such as `gpt-oss`. */
  readonly family: string;
  readonly quantization: string;
  /** Display name, such as `GPT-OSS 120B`. */
  readonly baseModel: string;
  readonly capabilities: readonly string[];
}

/** What `EnsureEntry` did. `weights` says whether exo will find the model's files under the entry's own id. */
export interface EntryOutcome {
  readonly entry: "created" | "replaced" | "unchanged";
  readonly weights: "linked" | "already-linked" | "missing";
}

/** One registry file that the agent manages or found. */
export interface RegistryCard {
  readonly modelId: string;
  readonly ours: boolean;
  /** SHA-256 of the file, hex. */
  readonly digest: string;
}

/** One model folder on this node. */
export interface StoredModel {
  readonly modelId: string;
  /** exo's rule: an index of safetensors exists and every file it names is there. */
  readonly complete: boolean;
  /** Set when the folder is a link to another model's files. */
  readonly linkTo?: string;
}

/** One model in the further folders that an agent was told of. exo finds it only through an entry. */
export interface LocalModelReport {
  readonly modelId: string;
  /** Whether the agent can make exo take it for complete. */
  readonly complete: boolean;
}

export interface RegistryReport {
  readonly cards: readonly RegistryCard[];
  readonly models: readonly StoredModel[];
  /** Absent where there are none. */
  readonly localModels?: readonly LocalModelReport[];
}
