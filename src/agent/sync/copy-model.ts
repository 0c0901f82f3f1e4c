import { type Bitmap, hasBit } from "../../models/sync/bitmap.js";
import { type ModelManifest, manifestBytes, manifestDigest } from "../../models/sync/manifest.js";
import type { PieceBoard } from "../../models/sync/piece-board.js";
import type { Piece } from "../../models/sync/pieces.js";
import { RefusalError } from "../refusal.js";
import { rightPieces, wrongFiles } from "./check-copy.js";
import { fetchPieces } from "./fetch-pieces.js";
import type { FetchParts, FetchRequest } from "./fetch-request.js";
import { makeManifest } from "./make-manifest.js";
import type { ModelCopy, OpenFile } from "./model-disk.js";

/** A copy that differs when it is read back is mended so often; then this machine is at fault. */
const mostMendings = 2;
/** What is left free beside the copy: a share of it, and at least so much. */
const marginShare = 0.02;
const leastMarginBytes = 64 * 1024 * 1024;

/** What a copy has come to; others may look at it at any time. */
export interface CopyState {
  readonly pieces: readonly Piece[];
  readonly board: PieceBoard;
  phase: "checking" | "copying" | "verifying" | "done";
  outcome?: "copied" | "already-there";
  /** Bytes read in this phase. */
  readBytes: number;
  keptBytes: number;
  readonly fetchedBytes: Map<string, number>;
  endSharing: () => void;
}

/** Bytes of the pieces in a bitmap. */
export const bytesOf = (pieces: readonly Piece[], has: Bitmap): number =>
  pieces.reduce((sum, { bytes }, number) => (hasBit(has, number) ? sum + bytes : sum), 0);

/**
 * Copies a model onto this machine: keeps what is right of an earlier attempt, fetches the rest, reads all of it back, and puts
 * it in place. From its first piece on it is served to the peers, until `state.endSharing` is called.
 *
 * Rejects with `RefusalError`, `CopyDiskError`, `RegistryPathError`, or the signal's reason; what was verified stays for the
 * next attempt.
 */
export async function copyModel(
  parts: FetchParts,
  request: FetchRequest,
  state: CopyState,
  signal: AbortSignal,
): Promise<void> {
  const { manifest } = request;
  const countRead = (bytes: number): void => {
    state.readBytes += bytes;
  };
  const open = await openIfThere(parts, manifest, countRead, signal);
  if (open !== undefined) {
    for (const piece of state.pieces.keys()) state.board.settle(piece, "verified");
    share(parts, request, state, open);
    [state.phase, state.outcome, state.keptBytes] = ["done", "already-there", manifestBytes(manifest)];
    return;
  }
  const copy = await parts.disk.openCopy(manifest);
  state.readBytes = 0;
  share(parts, request, state, (fileIndex) => openThere(copy, fileIndex));
  for (const piece of await rightPieces(manifest, copy.open, countRead, signal)) state.board.settle(piece, "verified");
  state.keptBytes = bytesOf(state.pieces, state.board.has);
  await checkRoom(parts, manifestBytes(manifest) - state.keptBytes);
  await fetchAndVerify(parts, request, state, copy, countRead, signal);
  await copy.place();
  const placed = await parts.disk.findComplete(manifest.modelId);
  if (placed !== undefined) await parts.cache.put(placed, manifest);
  [state.phase, state.outcome] = ["done", "copied"];
}

/** Opens files of the complete model on this machine, if it is the one of the manifest, byte for byte. */
async function openIfThere(
  parts: FetchParts,
  manifest: ModelManifest,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<((fileIndex: number) => Promise<OpenFile>) | undefined> {
  const { disk } = parts;
  const source = await disk.findComplete(manifest.modelId);
  const shapeOf = (files: readonly { readonly path: string; readonly bytes: number }[]): string =>
    JSON.stringify(files.map(({ path, bytes }) => [path, bytes]));
  if (source === undefined || shapeOf(source.files) !== shapeOf(manifest.files)) return undefined;
  const here = await makeManifest(parts, manifest.modelId, source, onBytes, signal);
  if (manifestDigest(here) !== manifestDigest(manifest)) return undefined;
  return (fileIndex) => disk.openSource(source.folder, manifest.files[fileIndex]?.path ?? "");
}

async function openThere(copy: ModelCopy, fileIndex: number): Promise<OpenFile> {
  const file = await copy.open(fileIndex);
  if (file === undefined) throw new Error("a file of the copy has gone");
  return file;
}

function share(
  { shared }: FetchParts,
  { manifest, peers, limit }: FetchRequest,
  state: CopyState,
  open: (fileIndex: number) => Promise<OpenFile>,
): void {
  const readers = new Set(peers.map(({ pin }) => pin));
  const { has, underWay } = state.board;
  state.endSharing = shared.share({ manifest, has, underWay, open, readers, limit }).end;
}

async function checkRoom({ disk }: FetchParts, missingBytes: number): Promise<void> {
  if (missingBytes === 0) return;
  const needed = missingBytes + Math.max(leastMarginBytes, Math.round(missingBytes * marginShare));
  const free = await disk.freeBytes();
  if (free >= needed) return;
  throw new RefusalError(
    "not_possible",
    `the disk of exo's models folder has ${free} bytes free and ${needed} are needed: free ${needed - free} bytes more`,
  );
}

async function fetchAndVerify(
  parts: FetchParts,
  { manifest, peers }: FetchRequest,
  state: CopyState,
  copy: ModelCopy,
  countRead: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { board, pieces, fetchedBytes } = state;
  const digest = manifestDigest(manifest);
  const dial = (peer: (typeof peers)[number]) => parts.dial(peer, digest, pieces.length);
  const onBytes = (source: string, bytes: number): void =>
    void fetchedBytes.set(source, (fetchedBytes.get(source) ?? 0) + bytes);
  for (let mendings = 0; ; mendings += 1) {
    state.phase = "copying";
    await fetchPieces({ ...parts, pieces, board, copy, peers, dial, onBytes }, signal);
    [state.phase, state.readBytes] = ["verifying", 0];
    const [wrong] = await wrongFiles(manifest, copy.open, countRead, signal);
    if (wrong === undefined) return;
    parts.logger.warn("a copy differs when it is read back", { file: wrong });
    if (mendings === mostMendings)
      throw new RefusalError("not_possible", `${wrong} differs whenever it is read back: this disk can't be relied on`);
    const right = new Set(await rightPieces(manifest, copy.open, () => undefined, signal));
    for (const piece of pieces.keys()) if (!right.has(piece)) board.lose(piece);
  }
}
