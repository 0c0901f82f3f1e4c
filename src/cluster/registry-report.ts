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
  /** Written by exoctl, at its place. */
  readonly ours: boolean;
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  /** Where the file is on that node, for people. Absent when the agent does not say. */
  readonly path?: string;
}

/** How a model folder came to be exoctl's. */
export type PlacedBy = "sync" | "convert" | "entry" | "import";

/** `redirected`: exoctl made a link there, and somebody has let it lead elsewhere. */
export type LinkOwner = "ours" | "redirected" | "foreign";

/** One model folder on this node. What an agent does not say is absent. */
export interface StoredModel {
  readonly modelId: string;
  /** exo's rule: an index of safetensors exists and every file it names is there. */
  readonly complete: boolean;
  /** Set when the folder is a link to another model's files. */
  readonly linkTo?: string;
  /** Whose link it is, also when it leads nowhere. Absent for a real folder. */
  readonly link?: LinkOwner;
  /** Of all files in the folder, or in the one that the link leads to. */
  readonly bytes?: number;
  /** How many weight files the index names, and how many of them are there. Absent without a readable index. */
  readonly weightFiles?: { readonly present: number; readonly named: number };
  /** Set when exoctl put this folder there. */
  readonly placedBy?: PlacedBy;
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
  /** Cards and models that found no room in the report. What exoctl wrote comes first. */
  readonly leftOut?: { readonly cards: number; readonly models: number };
}
