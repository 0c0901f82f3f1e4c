/** What stands at a path of a model's folder, links followed. */
export type FoundFile =
  | { readonly kind: "file"; readonly bytes: number }
  | { readonly kind: "missing" }
  /** A folder, a device, a link that leads nowhere: nothing to read weights from. */
  | { readonly kind: "not-a-file"; readonly why: string };

/**
 * The files of one model folder, for reading only. Paths are relative to the folder and have passed `isPlainPath`.
 *
 * `read` rejects with `ModelFileError` when the file can't be opened or read.
 */
export interface ModelFiles {
  /** Names in the folder itself, sorted. */
  names(): Promise<readonly string[]>;
  look(path: string): Promise<FoundFile>;
  /** Up to `length` bytes from byte `start` on: fewer where the file ends before. */
  read(path: string, start: number, length: number): Promise<Uint8Array>;
}

/** A file of the model is there and can't be read. */
export class ModelFileError extends Error {
  override readonly name = "ModelFileError";
  readonly code = "model_file";

  constructor(
    readonly path: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${why}`, options);
  }
}
