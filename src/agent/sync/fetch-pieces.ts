import { setMaxListeners } from "node:events";
import type { PieceBoard, PieceChoice, SourceState } from "../../models/sync/piece-board.js";
import type { Piece } from "../../models/sync/pieces.js";
import type { Peer } from "../../models/sync/sync-report.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import { RefusalError } from "../refusal.js";
import { type BufferPool, createBufferPool } from "./buffer-pool.js";
import { CopyDiskError, type ModelCopy } from "./model-disk.js";
import type { PeerLink } from "./peer-link.js";
import { createPiecesUnderWay, type PiecesUnderWay } from "./pieces-under-way.js";
import { receivePiece } from "./receive-piece.js";

/** How often each source is asked what it has by now. */
const pollMs = 300;
/** How long a source with nothing to give is left alone. */
const idleMs = 50;
/** Pieces that are under way from one source at the same time: one comes in while the next is asked for. */
const lanesPerSource = 2;
/** For what comes in: as many pieces are under way at the same time at most. */
const staging = { bytes: 256 * 1024, most: 24 };
const firstBackoffMs = 250;
const longestBackoffMs = 10_000;
/** Bytes that differ may be an accident once. */
const mostStrikes = 2;

export interface FetchPieces {
  readonly pieces: readonly Piece[];
  /** What is missing on it is fetched. */
  readonly board: PieceBoard;
  readonly copy: ModelCopy;
  readonly peers: readonly Peer[];
  readonly dial: (peer: Peer) => PeerLink;
  /** Called with bytes as they come in from a source. */
  readonly onBytes: (source: string, bytes: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The fetch fails when nothing came from anybody for so long. */
  readonly noProgressMs: number;
}

/** One source while pieces are fetched. */
interface Source {
  readonly peer: Peer;
  readonly link: PeerLink;
  /** Its state is known and it is asked for pieces. */
  standing: "answers" | "silent" | "distrusted";
  failures: number;
  strikes: number;
  /** What went wrong last, for people. */
  trouble: string;
  bytesPerMs?: number;
}

interface Run extends FetchPieces {
  readonly sources: readonly Source[];
  readonly underWay: PiecesUnderWay;
  readonly buffers: BufferPool;
  progressAt: number;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Fetches what a board misses, from all sources at once. Every piece is checked on its way to the disk; one that differs is
 * fetched again, and who sent it twice is not asked any more. Sources that fail are tried again later.
 *
 * Rejects with `RefusalError` when no source gives anything for too long or none is left, with `CopyDiskError`, or with the
 * signal's reason. Nothing is under way any more then.
 */
export async function fetchPieces(options: FetchPieces, signal: AbortSignal): Promise<void> {
  if (options.board.missing === 0) return;
  const sources = options.peers.map(
    (peer): Source => ({
      peer,
      link: options.dial(peer),
      standing: "silent",
      failures: 0,
      strikes: 0,
      trouble: "not asked yet",
    }),
  );
  const rateOf = (name: string): number | undefined => sources.find(({ peer }) => peer.name === name)?.bytesPerMs;
  const { board, clock } = options;
  const run: Run = {
    ...options,
    sources,
    underWay: createPiecesUnderWay(clock.now, rateOf),
    buffers: createBufferPool(staging),
    progressAt: clock.now(),
  };
  const ended = new AbortController();
  const all = AbortSignal.any([signal, ended.signal]);
  setMaxListeners(0, all);
  const complete = (): void => ended.abort(new Error("everything is here"));
  const work = [
    watch(run, all),
    ...sources.map((source) => poll(run, source, all)),
    ...sources.flatMap((source) =>
      Array.from({ length: lanesPerSource }, () => askForPieces(run, source, complete, all)),
    ),
  ];
  // Whoever can't go on ends it for all; the first reason stays.
  await Promise.all(work.map((part) => part.catch((error: unknown) => ended.abort(error))));
  await Promise.allSettled(sources.map(({ link }) => link.close()));
  for (const { peer } of sources) board.dropSource(peer.name);
  if (board.missing === 0) return;
  signal.throwIfAborted();
  throw ended.signal.reason;
}

/** Fails when nothing comes any more. */
async function watch(run: Run, signal: AbortSignal): Promise<void> {
  const { clock, noProgressMs, sources } = run;
  for (;;) {
    await clock.sleep(Math.min(1_000, noProgressMs), signal);
    const silentMs = clock.now() - run.progressAt;
    const nobodyLeft = sources.every(({ standing }) => standing === "distrusted");
    if (silentMs <= noProgressMs && !nobodyLeft) continue;
    const troubles = sources.map(({ peer, trouble }) => `${peer.name}: ${trouble}`).join("; ");
    const what = nobodyLeft
      ? "no source can be trusted"
      : `no source gave anything for ${Math.round(silentMs / 1_000)} s`;
    throw new RefusalError("not_possible", `${what} (${troubles})`);
  }
}

/** Asks a source what it has, again and again, and less often while it does not answer. */
async function poll({ board, clock, logger }: Run, source: Source, signal: AbortSignal): Promise<void> {
  const { peer, link } = source;
  while (source.standing !== "distrusted") {
    try {
      board.setSource(peer.name, peer.kind, await link.state(signal));
      if (source.standing === "silent") source.standing = "answers";
      source.failures = 0;
      await clock.sleep(pollMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (source.failures === 0) logger.info("a source does not answer", { source: peer.name, reason: textOf(error) });
      setBack(board, source, textOf(error));
      await clock.sleep(Math.min(longestBackoffMs, firstBackoffMs * 2 ** (source.failures - 1)), signal);
    }
  }
}

/** Nothing is asked of it until it has answered a poll. */
function setBack(board: PieceBoard, source: Source, trouble: string): void {
  board.dropSource(source.peer.name);
  source.failures += 1;
  source.trouble = trouble;
  if (source.standing === "answers") source.standing = "silent";
}

/** Asks a source for one piece after the other. */
async function askForPieces(run: Run, source: Source, complete: () => void, signal: AbortSignal): Promise<void> {
  const { board, clock, underWay, logger, buffers } = run;
  const { name, kind } = source.peer;
  while (source.standing !== "distrusted") {
    const buffer = source.standing === "answers" ? buffers.take() : undefined;
    const choice = buffer === undefined ? undefined : board.take(name);
    if (buffer === undefined || choice === undefined) {
      if (buffer !== undefined) buffers.give(buffer);
      underWay.relieve(name, (piece) => board.offers(name, piece));
      await clock.sleep(idleMs, signal);
      continue;
    }
    const outcome = await fetchOne(run, source, choice, buffer, signal).finally(() => buffers.give(buffer));
    board.settle(choice.piece, outcome.kind === "verified" ? "verified" : "failed");
    if (board.missing === 0) complete();
    if (outcome.kind === "served") board.setSource(name, kind, outcome.state);
    if (outcome.kind === "failed") setBack(board, source, outcome.trouble);
    if (outcome.kind === "different") {
      source.strikes += 1;
      logger.warn("a source sent bytes that differ from the manifest", { source: name, piece: choice.piece });
      setBack(board, source, "it sent bytes that differ from the manifest");
      if (source.strikes >= mostStrikes) source.standing = "distrusted";
    }
  }
}

type PieceOutcome =
  | { readonly kind: "verified" | "different" | "relieved" }
  | { readonly kind: "served"; readonly state: SourceState }
  | { readonly kind: "failed"; readonly trouble: string };

/** @throws CopyDiskError, or the signal's reason; the piece is settled as failed by nobody then, since all of it ends */
async function fetchOne(
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
    const kind = await storePiece(run.copy, piece, answer.chunks, buffer, onBytes);
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
  chunks: AsyncIterable<Uint8Array>,
  buffer: Buffer,
  onBytes: (bytes: number) => void,
): Promise<"verified" | "different"> {
  const file = await copy.openToWrite(piece.fileIndex);
  try {
    return await receivePiece(piece, chunks, file, buffer, onBytes);
  } finally {
    await file.close();
  }
}
