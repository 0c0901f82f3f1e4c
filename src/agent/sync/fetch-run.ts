import type { PieceBoard } from "../../models/sync/piece-board.js";
import type { Piece } from "../../models/sync/pieces.js";
import type { Peer } from "../../models/sync/sync-report.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import type { BufferPool } from "./buffer-pool.js";
import type { ModelCopy } from "./model-disk.js";
import type { PeerLink } from "./peer-link.js";
import type { PiecesUnderWay } from "./pieces-under-way.js";

/** What is fetched, from whom, and to where. */
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
export interface Source {
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

/** Everything that the parts of one fetch share. */
export interface Run extends FetchPieces {
  readonly sources: readonly Source[];
  readonly underWay: PiecesUnderWay;
  readonly buffers: BufferPool;
  progressAt: number;
}

/** An error in words. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
