/** A piece is left alone for so long, however slowly it comes. */
const patienceMs = 10_000;
/** Only a source that is so many times faster takes over. */
const muchFaster = 3;

interface UnderWay {
  readonly source: string;
  readonly startedAt: number;
  receivedBytes: number;
  readonly giveUp: AbortController;
}

/**
 * Keeps the end of a copy from waiting for one slow source: a source with nothing else to do takes over a piece that comes much more
 * slowly than it would from there. The slow transfer is ended first, so that two never write to one place.
 */
export interface PiecesUnderWay {
  begin(piece: number, source: string): UnderWay;
  end(piece: number): void;
  /** Ends the transfer of a piece that this idle source would bring much sooner, if there is one. */
  relieve(source: string, offers: (piece: number) => boolean): void;
}

/** @param now milliseconds @param rateOf how fast a source has been, bytes per millisecond; undefined when that is not known */
export function createPiecesUnderWay(
  now: () => number,
  rateOf: (source: string) => number | undefined,
): PiecesUnderWay {
  const underWay = new Map<number, UnderWay>();
  const isSlow = (item: UnderWay, rate: number): boolean => {
    const tookMs = now() - item.startedAt;
    return tookMs > patienceMs && (item.receivedBytes / tookMs) * muchFaster < rate;
  };
  return {
    begin: (piece, source) => {
      const item = { source, startedAt: now(), receivedBytes: 0, giveUp: new AbortController() };
      underWay.set(piece, item);
      return item;
    },
    end: (piece) => void underWay.delete(piece),
    relieve: (source, offers) => {
      const rate = rateOf(source);
      if (rate === undefined) return;
      for (const [piece, item] of underWay)
        if (item.source !== source && offers(piece) && isSlow(item, rate)) {
          item.giveUp.abort(new Error("a faster source takes over"));
          return;
        }
    },
  };
}
