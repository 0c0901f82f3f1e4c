import type { ModelId } from "../../cluster/names.js";
import type { ModelManifest } from "../../models/sync/manifest.js";

/** One file of a model that lies complete on this machine. */
export interface SourceFile {
  /** As `syncedPathFlaw` allows. */
  readonly path: string;
  readonly bytes: number;
  /** Another text whenever the file was written to. */
  readonly stamp: string;
}

/** A complete model on this machine. */
export interface SourceFolder {
  /** Absolute, with links followed. */
  readonly folder: string;
  /** In the order of their paths. */
  readonly files: readonly SourceFile[];
  /** Files that are not copied, each with the reason, such as `README.md (of a kind that is not copied)`. */
  readonly leftOut: readonly string[];
}

/** A file that is open for reading. */
export interface OpenFile {
  /** @returns how many bytes were read into `buffer`; 0 at the end of the file */
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A file of a copy that is open for writing. Rejects with `CopyDiskError`. */
export interface WritableFile {
  write(data: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/** A copy on its way, under a temporary name in exo's first models folder. What is in it survives a crash. */
export interface ModelCopy {
  /** Undefined when there is nothing of this file yet. */
  open(fileIndex: number): Promise<OpenFile | undefined>;
  openToWrite(fileIndex: number): Promise<WritableFile>;
  /**
   * Brings everything to the disk and gives the folder its real name, in one step. Files can be opened afterwards as before.
   * Rejects with `RegistryPathError` when something has appeared there that is not ours.
   */
  place(): Promise<void>;
}

/** exo's models folders as far as copies are concerned. */
export interface ModelDisk {
  /** The first complete folder of this model; undefined when there is none. */
  findComplete(id: ModelId): Promise<SourceFolder | undefined>;
  /** Follows links within exo's models folders only. */
  openSource(folder: string, path: string): Promise<OpenFile>;
  /** Free bytes where copies are made. */
  freeBytes(): Promise<number>;
  /**
   * Opens the copy of this manifest, with what an earlier attempt has left of it and nothing else. Rejects with
   * `RegistryPathError` when something that is not ours stands under the model's name.
   */
  openCopy(manifest: ModelManifest): Promise<ModelCopy>;
}

/** Manifests of models that have not changed since. */
export interface ManifestCache {
  get(source: SourceFolder, id: ModelId): Promise<ModelManifest | undefined>;
  put(source: SourceFolder, manifest: ModelManifest): Promise<void>;
}

/** This machine's disk refused, such as when it is full. The message is one sentence that names no path. */
export class CopyDiskError extends Error {
  override readonly name = "CopyDiskError";

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
