import { createHash } from "node:crypto";
import { createPieceHasher } from "../../models/sync/hash-pieces.js";
import type { ModelManifest } from "../../models/sync/manifest.js";
import type { OpenFile } from "./model-disk.js";

const readBytes = 1024 * 1024;

/** Opens a file of what is checked; undefined when it is not there. */
type OpenFileOf = (fileIndex: number) => Promise<OpenFile | undefined>;

/**
 * Reads what is there of a model and tells which of its pieces are right, one file after the other. Nothing but the bytes
 * themselves is trusted.
 *
 * @param onBytes called with the number of bytes that were read just now
 * @returns the numbers of the right pieces
 */
export async function rightPieces(
  { files, pieceBytes }: ModelManifest,
  open: OpenFileOf,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const right: number[] = [];
  let before = 0;
  for (const [fileIndex, { pieces, bytes }] of files.entries()) {
    const file = await open(fileIndex);
    if (file !== undefined) {
      const hasher = createPieceHasher(pieceBytes);
      await readAll(file, bytes, (chunk) => hasher.update(chunk), onBytes, signal);
      const found = hasher.finish().pieces;
      for (const [at, sha256] of pieces.entries()) if (found[at] === sha256) right.push(before + at);
    }
    before += pieces.length;
  }
  return right;
}

/**
 * Reads a whole copy back and compares each file with its digest.
 *
 * @returns paths of files that differ
 */
export async function wrongFiles(
  { files }: ModelManifest,
  open: OpenFileOf,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [fileIndex, { path, bytes, sha256 }] of files.entries()) {
    const hash = createHash("sha256");
    const file = await open(fileIndex);
    if (file !== undefined) await readAll(file, bytes, (chunk) => void hash.update(chunk), onBytes, signal);
    if (file === undefined || hash.digest("hex") !== sha256) wrong.push(path);
  }
  return wrong;
}

/** Closes the file. */
async function readAll(
  file: OpenFile,
  bytes: number,
  take: (chunk: Uint8Array) => void,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(readBytes, bytes)));
    for (let position = 0; position < bytes; ) {
      signal.throwIfAborted();
      const count = await file.read(buffer, position);
      if (count === 0) return;
      take(buffer.subarray(0, Math.min(count, bytes - position)));
      onBytes(count);
      position += count;
    }
  } finally {
    await file.close();
  }
}
