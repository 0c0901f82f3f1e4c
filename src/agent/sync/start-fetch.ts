import { manifestBytes } from "../../models/sync/manifest.js";
import { createPieceBoard } from "../../models/sync/piece-board.js";
import { piecesOf } from "../../models/sync/pieces.js";
import type { FetchProgress } from "../../models/sync/sync-report.js";
import { refusingBlockedPaths } from "../ensure-entry.js";
import { RefusalError } from "../refusal.js";
import { bytesOf, type CopyState, copyModel } from "./copy-model.js";
import type { FetchParts, FetchRequest } from "./fetch-request.js";
import { CopyDiskError } from "./model-disk.js";

/** A fetch that others can look at while it runs, and end. */
export interface Fetching {
  progress(): FetchProgress;
  /**
   * Resolves when the model is in its place; it is served to the others until `end`. Rejects with `RefusalError` or the
   * signal's reason.
   */
  readonly placed: Promise<void>;
  /** Nothing of it is served any more. */
  end(): void;
}

/** Begins to copy a model onto this machine. */
export function startFetch(parts: FetchParts, request: FetchRequest, signal: AbortSignal): Fetching {
  const pieces = piecesOf(request.manifest);
  const totalBytes = manifestBytes(request.manifest);
  const state: CopyState = {
    pieces,
    board: createPieceBoard(pieces.length, parts.random),
    phase: "checking",
    readBytes: 0,
    keptBytes: 0,
    fetchedBytes: new Map(),
    endSharing: () => undefined,
  };
  const doneBytes = (): number => {
    if (state.phase === "copying") return bytesOf(pieces, state.board.has);
    return state.phase === "done" ? totalBytes : Math.min(totalBytes, state.readBytes);
  };
  return {
    progress: () => ({
      phase: state.phase,
      ...(state.outcome === undefined ? {} : { outcome: state.outcome }),
      doneBytes: doneBytes(),
      totalBytes,
      keptBytes: state.keptBytes,
      fetchedBytes: new Map(state.fetchedBytes),
    }),
    placed: inWords(() => copyModel(parts, request, state, signal)),
    end: () => state.endSharing(),
  };
}

/** What this machine's disk says becomes the agent's no. */
const inWords = <T>(work: () => Promise<T>): Promise<T> =>
  refusingBlockedPaths(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CopyDiskError) throw new RefusalError("not_possible", error.message, { cause: error });
      throw error;
    }
  });
