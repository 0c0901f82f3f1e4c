import type { ModelManifest } from "./manifest.js";

/** One piece of a model, by its number in the whole manifest. */
export interface Piece {
  /** Of the file in the manifest. */
  readonly fileIndex: number;
  /** Where in that file it begins. */
  readonly offset: number;
  readonly bytes: number;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
}

/** All pieces of a manifest in the order of files and offsets. A piece's place in this list is its number. */
export const piecesOf = ({ files, pieceBytes }: ModelManifest): readonly Piece[] =>
  files.flatMap((file, fileIndex) =>
    file.pieces.map((sha256, at) => {
      const offset = at * pieceBytes;
      return { fileIndex, offset, bytes: Math.min(pieceBytes, file.bytes - offset), sha256 };
    }),
  );
