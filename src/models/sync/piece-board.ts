import { type Bitmap, clearBit, emptyBitmap, hasBit, setBit } from "./bitmap.js";

/** What a source says of itself, one bit for each piece. */
export interface SourceState {
  /** Verified there, and served on request. */
  readonly has: Bitmap;
  /** Being fetched there. */
  readonly underWay: Bitmap;
  /** Sent, or being sent, to somebody else. */
  readonly served: Bitmap;
}

/** A piece to ask a source for. `unserved`: only if the source has not sent it to somebody else meanwhile. */
export interface PieceChoice {
  readonly piece: number;
  readonly when: "unserved" | "always";
}

/**
 * Decides which piece to ask which source for. Sources with the whole model are asked for what nobody else has or fetches, so that
 * they send each piece once and the copies spread it; only when there is no such piece do they help with the others. Copies are
 * asked for the rarest piece they have. Ties are broken by chance: nodes that decide alike would all want the same piece.
 */
export interface PieceBoard {
  /** Verified here. */
  readonly has: Bitmap;
  /** Being fetched here. */
  readonly underWay: Bitmap;
  /** Pieces that are not verified here. */
  readonly missing: number;
  /** @param kind `whole` for a source that had the model before anybody began to copy */
  setSource(source: string, kind: "whole" | "copy", state: SourceState): void;
  dropSource(source: string): void;
  /** The next piece to ask this source for, which is under way from now on; undefined when it has nothing to give. */
  take(source: string): PieceChoice | undefined;
  /** Whether this source has said that it has the piece. */
  offers(source: string, piece: number): boolean;
  /** The piece arrived, or it did not and may be asked for again. */
  settle(piece: number, outcome: "verified" | "failed"): void;
  /** A verified piece turned out to be damaged. */
  lose(piece: number): void;
}

interface Source extends SourceState {
  readonly kind: "whole" | "copy";
}

/** @param random from 0 up to, not including, 1 */
export function createPieceBoard(count: number, random: () => number): PieceBoard {
  const has = emptyBitmap(count);
  const underWay = emptyBitmap(count);
  const wanted = new Set(Array.from({ length: count }, (_, piece) => piece));
  const sources = new Map<string, Source>();
  let missing = count;

  // How many copies have each piece, and how many have or fetch it; counted again when a source has said something new.
  const copiesWith = new Uint16Array(count);
  const copiesAt = new Uint16Array(count);
  let counts: "current" | "outdated" = "current";
  const countCopies = (): void => {
    if (counts === "current") return;
    copiesWith.fill(0);
    copiesAt.fill(0);
    for (const source of sources.values())
      for (let piece = 0; source.kind === "copy" && piece < count; piece += 1) {
        const there = hasBit(source.has, piece);
        if (there) copiesWith[piece] = (copiesWith[piece] ?? 0) + 1;
        if (there || hasBit(source.underWay, piece)) copiesAt[piece] = (copiesAt[piece] ?? 0) + 1;
      }
    counts = "current";
  };

  /** The wanted piece of the smallest rank, any of them by chance; pieces without a rank are passed over. */
  const pick = (rankOf: (piece: number) => number | undefined): number | undefined => {
    let [best, bestRank, ties] = [undefined as number | undefined, Number.POSITIVE_INFINITY, 0];
    for (const piece of wanted) {
      const rank = rankOf(piece);
      if (rank === undefined || rank > bestRank) continue;
      ties = rank < bestRank ? 1 : ties + 1;
      if (rank < bestRank || random() * ties < 1) best = piece;
      bestRank = rank;
    }
    return best;
  };
  const choose = ({ kind, has: there, served }: Source): PieceChoice | undefined => {
    countCopies();
    if (kind === "whole") {
      const isFresh = (piece: number): boolean =>
        hasBit(there, piece) && !hasBit(served, piece) && copiesAt[piece] === 0;
      const fresh = pick((piece) => (isFresh(piece) ? 0 : undefined));
      if (fresh !== undefined) return { piece: fresh, when: "unserved" };
    }
    const piece = pick((candidate) => (hasBit(there, candidate) ? copiesWith[candidate] : undefined));
    return piece === undefined ? undefined : { piece, when: "always" };
  };
  return {
    has,
    underWay,
    get missing() {
      return missing;
    },
    setSource: (source, kind, state) => {
      sources.set(source, { kind, ...state });
      counts = "outdated";
    },
    dropSource: (source) => {
      sources.delete(source);
      counts = "outdated";
    },
    take: (name) => {
      const source = sources.get(name);
      const choice = source === undefined ? undefined : choose(source);
      if (choice === undefined) return undefined;
      wanted.delete(choice.piece);
      setBit(underWay, choice.piece);
      return choice;
    },
    offers: (name, piece) => {
      const source = sources.get(name);
      return source !== undefined && hasBit(source.has, piece);
    },
    settle: (piece, outcome) => {
      clearBit(underWay, piece);
      if (hasBit(has, piece)) return;
      if (outcome === "failed") {
        wanted.add(piece);
        return;
      }
      wanted.delete(piece);
      setBit(has, piece);
      missing -= 1;
    },
    lose: (piece) => {
      if (!hasBit(has, piece)) return;
      clearBit(has, piece);
      wanted.add(piece);
      missing += 1;
    },
  };
}
