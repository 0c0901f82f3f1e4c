import type { ModelId } from "../../cluster/names.js";
import { createPieceHasher } from "../../models/sync/hash-pieces.js";
import { type ManifestFile, type ModelManifest, mostFiles, pieceBytesFor } from "../../models/sync/manifest.js";
import { RefusalError } from "../refusal.js";
import type { ManifestCache, ModelDisk, SourceFile, SourceFolder } from "./model-disk.js";

const readBytes = 1024 * 1024;

export interface ManifestParts {
  readonly disk: ModelDisk;
  readonly cache: ManifestCache;
}

/** The complete folder of a model on this machine. @throws RefusalError when there is none that could be copied */
export async function sourceOf(disk: ModelDisk, id: ModelId): Promise<SourceFolder> {
  const source = await disk.findComplete(id);
  if (source === undefined) throw new RefusalError("not_possible", `there are no complete files of ${id} here`);
  if (source.files.length <= mostFiles) return source;
  const count = source.files.length;
  throw new RefusalError("not_possible", `the folder of ${id} holds ${count} files; at most ${mostFiles} are copied`);
}

async function hashFile(
  disk: ModelDisk,
  folder: string,
  { path }: SourceFile,
  pieceBytes: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<ManifestFile> {
  const hasher = createPieceHasher(pieceBytes);
  const buffer = Buffer.allocUnsafe(readBytes);
  const file = await disk.openSource(folder, path);
  try {
    for (let position = 0; ; ) {
      signal.throwIfAborted();
      const count = await file.read(buffer, position);
      if (count === 0) return { path, ...hasher.finish() };
      hasher.update(buffer.subarray(0, count));
      position += count;
      onBytes(count);
    }
  } finally {
    await file.close();
  }
}

const isSame = (one: SourceFolder, other: SourceFolder | undefined): boolean =>
  one.folder === other?.folder && JSON.stringify(one.files) === JSON.stringify(other.files);

/**
 * The manifest of the complete model in a folder: the known one while no file has changed, otherwise by reading every byte.
 *
 * @param onBytes called with the number of bytes that were read just now
 * @throws RefusalError when the files change meanwhile
 */
export async function makeManifest(
  { disk, cache }: ManifestParts,
  id: ModelId,
  source: SourceFolder,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<ModelManifest> {
  const known = await cache.get(source, id);
  if (known !== undefined) return known;
  const pieceBytes = pieceBytesFor(source.files.map(({ bytes }) => bytes));
  const files: ManifestFile[] = [];
  for (const file of source.files) files.push(await hashFile(disk, source.folder, file, pieceBytes, onBytes, signal));
  if (!isSame(source, await disk.findComplete(id)))
    throw new RefusalError("not_possible", `the files of ${id} were changed while they were read; try again`);
  const manifest = { modelId: id, pieceBytes, files };
  await cache.put(source, manifest);
  return manifest;
}
