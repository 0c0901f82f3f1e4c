import { createHash } from "node:crypto";
import type { ManifestFile } from "./manifest.js";

/** Takes a file's bytes as they come and keeps nothing of them. */
export interface PieceHasher {
  update(chunk: Uint8Array): void;
  /** What a manifest says of the file. To be called once, at the end. */
  finish(): Omit<ManifestFile, "path">;
}

/** Hashes one file, whole and piece by piece. */
export function createPieceHasher(pieceBytes: number): PieceHasher {
  const whole = createHash("sha256");
  const pieces: string[] = [];
  let piece = createHash("sha256");
  let bytes = 0;
  const endPiece = (): void => {
    pieces.push(piece.digest("hex"));
    piece = createHash("sha256");
  };
  return {
    update: (chunk) => {
      whole.update(chunk);
      for (let from = 0; from < chunk.length; ) {
        const room = pieceBytes - (bytes % pieceBytes);
        const part = chunk.subarray(from, from + room);
        piece.update(part);
        bytes += part.length;
        from += part.length;
        if (bytes % pieceBytes === 0) endPiece();
      }
    },
    finish: () => {
      if (bytes % pieceBytes !== 0) endPiece();
      return { bytes, sha256: whole.digest("hex"), pieces };
    },
  };
}
