import type { Quantization } from "../../models/model-spec.js";
import type { ProgressLine } from "../progress-line.js";

/** A model whose entry shall be in exo's registry. */
export interface AddModelRequest {
  /** A name of the catalogue, or an id `owner/name`. */
  readonly model: string;
  /** Of a catalogue model; default MXFP4-Q8. */
  readonly quantization?: Quantization;
  /** Names of nodes; default: all that have an agent, and those that enrol later. */
  readonly on?: readonly string[];
  readonly mode: "add" | "dry-run";
  /** Who asks, for the record. */
  readonly by: string;
}

/** One node after an addition, or before it in a dry run. */
export interface AddedNode {
  readonly node: string;
  /** `present`, `absent`: of a dry run. `failed`: see `problem`. */
  readonly entry: "created" | "replaced" | "unchanged" | "present" | "absent" | "failed";
  /** `missing`: the node has no complete files of this model. Null where that is not known. */
  readonly weights: "linked" | "already-linked" | "present" | "missing" | null;
  /** Whether the exo there lists the entry, with the numbers that it has. Null where exo was not asked. */
  readonly exo: "lists-it" | "lists-other-numbers" | "does-not-list-it" | "does-not-answer" | null;
  readonly problem?: string;
}

/** What `exoctl model add -o json` prints. */
export interface AddModelSummary {
  readonly model: string;
  /** The id of the entry: what exo calls the model. */
  readonly entry: string;
  /** The model whose files are the weights. */
  readonly weightsOf: string;
  readonly storageBytes: number;
  readonly mode: AddModelRequest["mode"];
  /** Whether it was not wanted, or not on these nodes, before. */
  readonly isNew: boolean;
  readonly nodes: readonly AddedNode[];
}

/** A model whose entries shall go. */
export interface RemoveModelRequest {
  /** As it was added, or the id of its entry. */
  readonly model: string;
  readonly quantization?: Quantization;
  readonly on?: readonly string[];
  /** `remove`: the model's files as well, as far as exoctl has put them there. */
  readonly files: "keep" | "remove";
  /** The exact id of the files: then those of others go as well. */
  readonly named?: string;
  readonly mode: "remove" | "dry-run";
}

/** One folder of the model's files. */
export interface RemovedFolder {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
  /** Null: somebody else, exo for instance. */
  readonly placedBy: "sync" | "convert" | "entry" | "import" | null;
  /** `to-be-removed`: of a dry run. */
  readonly outcome: "removed" | "to-be-removed" | "kept";
}

/** One node after a removal, or before it in a dry run. */
export interface RemovedNode {
  readonly node: string;
  /** Ids of the entries that were, or would be, taken away: one for each copy of the model. */
  readonly entries: readonly string[];
  /** `restart`: exo goes on listing it until it is started again. Null where it did not list it, or was not asked. */
  readonly exo: "forgot-it" | "restart" | "does-not-answer" | null;
  readonly folders: readonly RemovedFolder[];
  readonly problem?: string;
}

/** What `exoctl model remove -o json` prints. */
export interface RemoveModelSummary {
  readonly model: string;
  readonly entry: string;
  /** Null when no node tells which files the entry stands for. */
  readonly weightsOf: string | null;
  readonly mode: RemoveModelRequest["mode"];
  readonly nodes: readonly RemovedNode[];
}

type Report = (line: ProgressLine) => void;

/** The entries of models that are to be there whether or not they run. What is begun goes on when the client leaves. */
export interface EntriesApi {
  addModel(request: AddModelRequest, report: Report, signal: AbortSignal): Promise<AddModelSummary>;
  removeModel(request: RemoveModelRequest, report: Report, signal: AbortSignal): Promise<RemoveModelSummary>;
}
