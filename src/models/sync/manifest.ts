import { createHash } from "node:crypto";
import type { ModelId } from "../../cluster/names.js";

/** One file of a model as its manifest states it. */
export interface ManifestFile {
  /** Relative to the model's folder, with `/`; see `syncedPathFlaw`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the whole file, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of each piece, in order. The last piece may be shorter; an empty file has none. */
  readonly pieces: readonly string[];
}

/**
 * Exactly which bytes a model's folder holds. Pieces never span files, so that each can be fetched, checked and served on by
 * itself. Whoever has the digest of a manifest knows every byte of the copy.
 */
export interface ModelManifest {
  readonly modelId: ModelId;
  /** A power of two, the same for all files. */
  readonly pieceBytes: number;
  /** In the order of their paths. */
  readonly files: readonly ManifestFile[];
}

/** Smaller pieces would cost more in requests than they save in repetition. */
export const smallestPieceBytes = 2 ** 20;
/** So that a manifest of any model fits into one message: 8,192 digests are 256 KiB. */
export const mostPieces = 8_192;
/** gpt-oss-120b has about 25 files; the largest known models a few hundred. */
export const mostFiles = 1_000;

export const piecesIn = (bytes: number, pieceBytes: number): number => Math.ceil(bytes / pieceBytes);

/** The size of pieces for files of these sizes: the smallest power of two from 1 MiB on that keeps within `mostPieces`. */
export function pieceBytesFor(fileBytes: readonly number[]): number {
  const countAt = (pieceBytes: number): number =>
    fileBytes.reduce((count, bytes) => count + piecesIn(bytes, pieceBytes), 0);
  let pieceBytes = smallestPieceBytes;
  while (countAt(pieceBytes) > mostPieces) pieceBytes *= 2;
  return pieceBytes;
}

/** Bytes of all files. */
export const manifestBytes = ({ files }: ModelManifest): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** The one text of a manifest: JSON in a fixed order of members and files. `readManifest` takes it back. */
export function renderManifest({ modelId, pieceBytes, files }: ModelManifest): string {
  const sorted = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const plain = sorted.map(({ path, bytes, sha256, pieces }) => ({ path, bytes, sha256, pieces }));
  return `${JSON.stringify({ format: manifestFormat, modelId, pieceBytes, files: plain })}\n`;
}

export const manifestFormat = "exoctl-manifest/1";

/** A manifest's identity: SHA-256 of its text, lower-case hex. */
export const manifestDigest = (manifest: ModelManifest): string =>
  createHash("sha256").update(renderManifest(manifest), "utf8").digest("hex");
