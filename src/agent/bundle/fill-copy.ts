import { manifestBytes } from "../../models/sync/manifest.js";
import { piecesOf } from "../../models/sync/pieces.js";
import { rightPieces, wrongFiles } from "../sync/check-copy.js";
import type { ModelCopy } from "../sync/model-disk.js";
import { checkRoom } from "./bundle-problems.js";
import type { BundleSteps } from "./bundle-steps.js";
import { copyPieces, type PieceSource, WrongBytesError } from "./copy-pieces.js";

export interface FillPlace {
  /** For people. */
  readonly where: string;
  freeBytes(): Promise<number>;
}

/**
 * Makes a copy whole: what an earlier attempt has left is checked and kept, the disk is checked, the rest is copied, and
 * everything is read back. The copy still has its temporary name then.
 *
 * @returns how many bytes had to be copied
 * @throws WrongBytesError, Problem `disk_too_small`, CopyDiskError
 */
export async function fillCopy(
  source: PieceSource,
  copy: ModelCopy,
  place: FillPlace,
  steps: BundleSteps,
  signal: AbortSignal,
): Promise<number> {
  const { manifest } = source;
  const total = manifestBytes(manifest);
  const open = (fileIndex: number) => copy.open(fileIndex);
  const right = new Set(
    await steps.run("check what is there", total, (onBytes) => rightPieces(manifest, open, onBytes, signal)),
  );
  const missing = piecesOf(manifest).reduce((sum, { bytes }, at) => sum + (right.has(at) ? 0 : bytes), 0);
  checkRoom(missing, await place.freeBytes(), place.where);
  await steps.run("copy", missing, (onBytes) => copyPieces(source, copy, right, onBytes, signal));
  const [wrong] = await steps.run("read back", total, (onBytes) => wrongFiles(manifest, open, onBytes, signal));
  if (wrong !== undefined) throw new WrongBytesError(wrong);
  return missing;
}
