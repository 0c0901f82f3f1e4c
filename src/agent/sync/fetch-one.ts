import type { PieceChoice, SourceState } from "../../models/sync/piece-board.js";
import type { Piece } from "../../models/sync/pieces.js";
import { type Run, type Source, textOf } from "./fetch-run.js";
import { CopyDiskError, type ModelCopy } from "./model-disk.js";
import type { TakeBytes } from "./peer-link.js";
import { receivePiece } from "./receive-piece.js";

/** How one attempt to fetch a piece ended. `relieved`: another source is much faster. */
type PieceOutcome =
  | { readonly kind: "verified" | "different" | "relieved" }
  | { readonly kind: "served"; readonly state: SourceState }
  | { readonly kind: "failed"; readonly trouble: string };

/**
 * Fetches one piece from one source to its place on the disk.
 *
 * @param buffer for what has come in and is not written yet
 * @throws CopyDiskError, or the signal's reason: then all of it ends
 */
export async function fetchOne(
  run: Run,
  source: Source,
  choice: PieceChoice,
  buffer: Buffer,
  signal: AbortSignal,
): Promise<PieceOutcome> {
  const { peer, link } = source;
  const piece = run.pieces[choice.piece];
  if (piece === undefined) throw new RangeError(`there is no piece ${choice.piece}`);
  const item = run.underWay.begin(choice.piece, peer.name);
  const bounded = AbortSignal.any([signal, item.giveUp.signal]);
  const onBytes = (bytes: number): void => {
    item.receivedBytes += bytes;
    run.progressAt = run.clock.now();
    run.onBytes(peer.name, bytes);
  };
  try {
    const answer = await link.fetch(piece, choice.when, bounded);
    if (answer.kind === "served") return answer;
    const kind = await storePiece(run.copy, piece, answer.receive, buffer, onBytes);
    source.bytesPerMs = piece.bytes / Math.max(1, run.clock.now() - item.startedAt);
    return { kind };
  } catch (error) {
    if (error instanceof CopyDiskError) throw error;
    signal.throwIfAborted();
    return item.giveUp.signal.aborted ? { kind: "relieved" } : { kind: "failed", trouble: textOf(error) };
  } finally {
    run.underWay.end(choice.piece);
  }
}

async function storePiece(
  copy: ModelCopy,
  piece: Piece,
  receive: (take: TakeBytes) => Promise<void>,
  buffer: Buffer,
  onBytes: (bytes: number) => void,
): Promise<"verified" | "different"> {
  const file = await copy.openToWrite(piece.fileIndex);
  try {
    return await receivePiece(piece, receive, file, buffer, onBytes);
  } finally {
    await file.close();
  }
}
