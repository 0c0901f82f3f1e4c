const infinity = Number.POSITIVE_INFINITY;

/** In place of a next node: going home. */
export const home = -1;
/** In place of a next node: there is no way. */
export const nowhere = -2;

/** For each entry the two cheapest ways to go on that differ in the next node. */
export interface Ways {
  readonly sec: Float64Array;
  readonly next: Int32Array;
  readonly otherSec: Float64Array;
  readonly otherNext: Int32Array;
}

/** Finds the two cheapest of many ways that differ in the next node. One at a time: `begin`, offers, `keep`. */
export interface TwoWays {
  /** Room for so many entries. */
  table(size: number): Ways;
  begin(): void;
  offer(sec: number, next: number): void;
  /** Both ways of an entry, each with `sec` on top. */
  offerBoth(sec: number, ways: Ways, at: number): void;
  /** What costs as much as this need not be offered. */
  worst(): number;
  /** Writes the two into an entry, less `lessSec`. */
  keep(ways: Ways, at: number, lessSec: number): void;
}

/** Written for speed: this is where a large cluster's plan spends its time. Numbers in closures would be boxed. */
export function createTwoWays(): TwoWays {
  const sec = new Float64Array(2);
  const next = new Int32Array(2);
  const offer = (offeredSec: number, offeredNext: number): void => {
    if (offeredSec >= (sec[1] ?? 0)) return;
    if (offeredNext === next[0]) {
      if (offeredSec < (sec[0] ?? 0)) sec[0] = offeredSec;
    } else if (offeredSec < (sec[0] ?? 0)) {
      sec[1] = sec[0] ?? 0;
      next[1] = next[0] ?? 0;
      sec[0] = offeredSec;
      next[0] = offeredNext;
    } else {
      sec[1] = offeredSec;
      next[1] = offeredNext;
    }
  };
  return {
    table: (size) => ({
      sec: new Float64Array(size),
      next: new Int32Array(size),
      otherSec: new Float64Array(size),
      otherNext: new Int32Array(size),
    }),
    begin: () => {
      sec[0] = infinity;
      sec[1] = infinity;
      next[0] = nowhere;
      next[1] = nowhere;
    },
    offer,
    offerBoth: (moreSec, ways, at) => {
      const first = moreSec + (ways.sec[at] ?? infinity);
      if (first >= (sec[1] ?? 0)) return;
      offer(first, ways.next[at] ?? nowhere);
      offer(moreSec + (ways.otherSec[at] ?? infinity), ways.otherNext[at] ?? nowhere);
    },
    worst: () => sec[1] ?? 0,
    keep: (ways, at, lessSec) => {
      ways.sec[at] = (sec[0] ?? 0) - lessSec;
      ways.next[at] = next[0] ?? 0;
      ways.otherSec[at] = (sec[1] ?? 0) - lessSec;
      ways.otherNext[at] = next[1] ?? 0;
    },
  };
}
