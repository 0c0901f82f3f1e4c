import { createHash } from "node:crypto";
import type { Piece } from "../../models/sync/pieces.js";
import type { WritableFile } from "./model-disk.js";
import type { TakeBytes } from "./peer-link.js";

/**
 * Writes a piece to its place while it comes in, and hashes it on the way. What is written counts for nothing until the
 * digest is right.
 *
 * @param receive hands the bytes over; without a promise for each portion, which at 16 kB a portion would cost more than the hash
 * @param staging bytes come in small portions and are written when this is full
 * @param onBytes called with the number of bytes that have come in just now
 * @returns `different` when these are not the bytes of the manifest, or not as many
 */
export async function receivePiece(
  piece: Piece,
  receive: (take: TakeBytes) => Promise<void>,
  file: WritableFile,
  staging: Buffer,
  onBytes: (bytes: number) => void,
): Promise<"verified" | "different"> {
  const hash = createHash("sha256");
  let [staged, received] = [0, 0];
  const flush = async (): Promise<void> => {
    const bytes = staged;
    staged = 0;
    await file.write(staging.subarray(0, bytes), piece.offset + received - bytes);
  };
  const stage = (part: Uint8Array): void => {
    staging.set(part, staged);
    staged += part.length;
    received += part.length;
  };
  const spill = async (bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + staging.length - staged);
      stage(part);
      from += part.length;
      if (staged === staging.length) await flush();
    }
  };
  let excessBytes = 0;
  await receive((bytes) => {
    if (excessBytes > 0 || received + bytes.length > piece.bytes) {
      excessBytes += bytes.length;
      return undefined;
    }
    hash.update(bytes);
    onBytes(bytes.length);
    if (staged + bytes.length >= staging.length) return spill(bytes);
    stage(bytes);
    return undefined;
  });
  if (staged > 0) await flush();
  const right = excessBytes === 0 && received === piece.bytes && hash.digest("hex") === piece.sha256;
  return right ? "verified" : "different";
}
