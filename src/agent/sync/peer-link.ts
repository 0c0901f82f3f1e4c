import type { SourceState } from "../../models/sync/piece-board.js";
import type { Piece } from "../../models/sync/pieces.js";
import type { Peer } from "../../models/sync/sync-report.js";

/** Takes bytes as they come. What it gives back is waited for before more comes; the bytes are not touched after that. */
export type TakeBytes = (bytes: Uint8Array) => Promise<void> | undefined;

/** What a peer answers when it is asked for a piece. */
export type PieceAnswer =
  /** Hands all bytes over. Rejects when they break off or cannot be taken, never while some are still being taken. */
  | { readonly kind: "data"; readonly receive: (take: TakeBytes) => Promise<void> }
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
