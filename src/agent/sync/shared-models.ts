import { type Bitmap, clearBit, emptyBitmap, hasBit, setBit } from "../../models/sync/bitmap.js";
import { type ModelManifest, manifestDigest } from "../../models/sync/manifest.js";
import type { SourceState } from "../../models/sync/piece-board.js";
import { type KeptFiles, keepFilesOpen } from "./kept-files.js";
import type { OpenFile } from "./model-disk.js";
import type { RateLimit } from "./rate-limit.js";

/** A model that some peers may read from here. */
export interface ModelToShare {
  readonly manifest: ModelManifest;
  /** Verified pieces. Read at every request, so that a copy is served as it grows. */
  readonly has: Bitmap;
  readonly underWay: Bitmap;
  readonly open: (fileIndex: number) => Promise<OpenFile>;
  /** Pins of those who may read. */
  readonly readers: ReadonlySet<string>;
  readonly limit: RateLimit;
}

/** A range of a file, as a reader asks for it. The end is not part of it. */
export interface FileRange {
  readonly fileIndex: number;
  readonly start: number;
  readonly end: number;
}

/** Whether a range goes out. */
export type RangeVerdict =
  | { readonly kind: "go"; readonly settle: (outcome: "sent" | "broken") => void }
  /** It went out to somebody else, and the reader wanted it only otherwise. */
  | { readonly kind: "served" }
  /** Not all of it is verified here. */
  | { readonly kind: "not-here" }
  | { readonly kind: "no-such-range" };

/** A model as it is served to one of its readers. */
export interface SharedModel extends Pick<ModelToShare, "open" | "limit"> {
  state(): SourceState;
  ask(range: FileRange, when: "unserved" | "always"): RangeVerdict;
  /** Counts what has gone out. */
  countSent(bytes: number): void;
}

/** One model that is being shared. */
export interface Sharing {
  readonly sentBytes: number;
  /** From now on nobody gets anything of it. */
  end(): void;
}

/** Who may read what from this agent: nobody anything, until the controller says so. Held in memory only. */
export interface SharedModels {
  /** Whether this key may read anything at all. */
  knows(pin: string): boolean;
  /** @param digest of the manifest */
  find(digest: string, pin: string): SharedModel | undefined;
  /** Replaces an earlier sharing of the same manifest. */
  share(model: ModelToShare): Sharing;
}

/** Numbers of the pieces that a range touches; undefined when the file has no such range. */
function piecesOfRange(
  { files, pieceBytes }: ModelManifest,
  { fileIndex, start, end }: FileRange,
): number[] | undefined {
  const file = files[fileIndex];
  if (file === undefined || start < 0 || start >= end || end > file.bytes) return undefined;
  const before = files.slice(0, fileIndex).reduce((count, { pieces }) => count + pieces.length, 0);
  const [first, last] = [Math.floor(start / pieceBytes), Math.floor((end - 1) / pieceBytes)];
  return Array.from({ length: last - first + 1 }, (_, at) => before + first + at);
}

function createSharedModel(model: ModelToShare, files: KeptFiles, countSent: (bytes: number) => void): SharedModel {
  const served = emptyBitmap(model.manifest.files.reduce((count, { pieces }) => count + pieces.length, 0));
  return {
    open: files.open,
    limit: model.limit,
    countSent,
    state: () => ({ has: model.has, underWay: model.underWay, served }),
    ask: (range, when) => {
      const pieces = piecesOfRange(model.manifest, range);
      if (pieces === undefined) return { kind: "no-such-range" };
      if (!pieces.every((piece) => hasBit(model.has, piece))) return { kind: "not-here" };
      if (when === "unserved" && pieces.some((piece) => hasBit(served, piece))) return { kind: "served" };
      const fresh = pieces.filter((piece) => !hasBit(served, piece));
      for (const piece of fresh) setBit(served, piece);
      return {
        kind: "go",
        settle: (outcome) => {
          if (outcome === "broken") for (const piece of fresh) clearBit(served, piece);
        },
      };
    },
  };
}

export function createSharedModels(): SharedModels {
  const shared = new Map<string, { readonly readers: ReadonlySet<string>; readonly model: SharedModel }>();
  return {
    knows: (pin) => [...shared.values()].some(({ readers }) => readers.has(pin)),
    find: (digest, pin) => {
      const found = shared.get(digest);
      return found?.readers.has(pin) === true ? found.model : undefined;
    },
    share: (toShare) => {
      const digest = manifestDigest(toShare.manifest);
      let sentBytes = 0;
      const files = keepFilesOpen(toShare.open);
      const model = createSharedModel(toShare, files, (bytes) => {
        sentBytes += bytes;
      });
      const entry = { readers: toShare.readers, model };
      shared.set(digest, entry);
      return {
        get sentBytes() {
          return sentBytes;
        },
        end: () => {
          if (shared.get(digest) === entry) shared.delete(digest);
          void files.end(); // never rejects
        },
      };
    },
  };
}
