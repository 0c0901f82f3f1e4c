import type { SourceState } from "../../models/sync/piece-board.js";
import type { Piece } from "../../models/sync/pieces.js";
import type { Peer } from "../../models/sync/sync-report.js";

/** What a peer answers when it is asked for a piece. */
export type PieceAnswer =
  | { readonly kind: "data"; readonly chunks: AsyncIterable<Uint8Array> }
  /** Somebody else has been sent it; the state says what else it has. */
  | { readonly kind: "served"; readonly state: SourceState };

/** The files of one model on one peer. Connects when needed; calls reject when the peer does not answer, or answers wrongly. */
export interface PeerLink {
  state(signal: AbortSignal): Promise<SourceState>;
  /** Exactly the piece's bytes, not checked. `unserved`: only if it was not sent to somebody else. */
  fetch(piece: Piece, when: "unserved" | "always", signal: AbortSignal): Promise<PieceAnswer>;
  close(): Promise<void>;
}

/** @param digest of the manifest @param pieceCount of the manifest */
export type DialPeer = (peer: Peer, digest: string, pieceCount: number) => PeerLink;
