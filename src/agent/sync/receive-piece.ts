import { createHash } from "node:crypto";
import type { Piece } from "../../models/sync/pieces.js";
import type { WritableFile } from "./model-disk.js";

/**
 * Writes a piece to its place while it comes in, and hashes it on the way. What is written counts for nothing until the
 * digest is right.
 *
 * @param staging bytes come in small portions and are written when this is full
 * @param onBytes called with the number of bytes that have come in just now
 * @returns `different` when these are not the bytes of the manifest, or not as many
 */
export async function receivePiece(
  piece: Piece,
  chunks: AsyncIterable<Uint8Array>,
  file: WritableFile,
  staging: Buffer,
  onBytes: (bytes: number) => void,
): Promise<"verified" | "different"> {
  const hash = createHash("sha256");
  let [staged, received] = [0, 0];
  const flush = async (): Promise<void> => {
    await file.write(staging.subarray(0, staged), piece.offset + received - staged);
    staged = 0;
  };
  for await (const chunk of chunks) {
    if (received + chunk.length > piece.bytes) return "different";
    hash.update(chunk);
    onBytes(chunk.length);
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + staging.length - staged);
      staging.set(part, staged);
      staged += part.length;
      received += part.length;
      from += part.length;
      if (staged === staging.length) await flush();
    }
  }
  if (staged > 0) await flush();
  return received === piece.bytes && hash.digest("hex") === piece.sha256 ? "verified" : "different";
}
