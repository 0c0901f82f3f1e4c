import { createHash } from "node:crypto";
import type { ModelManifest } from "../../models/sync/manifest.js";
import type { ModelCopy, OpenFile, WritableFile } from "../sync/model-disk.js";

const chunkBytes = 1024 * 1024;

/** A file does not hold what its manifest says. */
export class WrongBytesError extends Error {
  override readonly name = "WrongBytesError";

  constructor(readonly path: string) {
    super(`${path} does not hold what the manifest says`);
  }
}

export interface PieceSource {
  readonly manifest: ModelManifest;
  /** @param fileIndex in the manifest */
  open(fileIndex: number): Promise<OpenFile>;
}

/**
 * Copies the pieces that are not there yet, one after the other and a chunk at a time. Each piece's digest is compared on the
 * way.
 *
 * @param right numbers of the pieces that the copy has already
 * @throws WrongBytesError at the first piece that differs
 */
export async function copyPieces(
  source: PieceSource,
  copy: ModelCopy,
  right: ReadonlySet<number>,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { files } = source.manifest;
  let before = 0;
  for (const [fileIndex, { pieces }] of files.entries()) {
    const first = before;
    before += pieces.length;
    const wanted = [...pieces.keys()].filter((at) => !right.has(first + at));
    if (wanted.length === 0) continue;
    const from = await source.open(fileIndex);
    try {
      const to = await copy.openToWrite(fileIndex);
      try {
        for (const at of wanted) await copyPiece(source.manifest, { fileIndex, at }, from, to, onBytes, signal);
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  }
}

async function copyPiece(
  { files, pieceBytes }: ModelManifest,
  { fileIndex, at }: { readonly fileIndex: number; readonly at: number },
  from: OpenFile,
  to: WritableFile,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { path = "", bytes = 0, pieces = [] } = files[fileIndex] ?? {};
  const end = Math.min(bytes, (at + 1) * pieceBytes);
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, pieceBytes));
  for (let position = at * pieceBytes; position < end; ) {
    signal.throwIfAborted();
    const count = Math.min(await from.read(buffer, position), end - position);
    if (count === 0) throw new WrongBytesError(path);
    const chunk = buffer.subarray(0, count);
    hash.update(chunk);
    await to.write(chunk, position);
    onBytes(count);
    position += count;
  }
  if (hash.digest("hex") !== pieces[at]) throw new WrongBytesError(path);
}
