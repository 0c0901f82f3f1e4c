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

/** Written for speed: this is where a large cluster's plan spends its time. */
export function createTwoWays(): TwoWays {
  let sec = infinity;
  let next = nowhere;
  let otherSec = infinity;
  let otherNext = nowhere;
  const offer = (offeredSec: number, offeredNext: number): void => {
    if (offeredSec >= otherSec) return;
    if (offeredNext === next) {
      if (offeredSec < sec) sec = offeredSec;
    } else if (offeredSec < sec) {
      otherSec = sec;
      otherNext = next;
      sec = offeredSec;
      next = offeredNext;
    } else {
      otherSec = offeredSec;
      otherNext = offeredNext;
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
      sec = infinity;
      next = nowhere;
      otherSec = infinity;
      otherNext = nowhere;
    },
    offer,
    offerBoth: (moreSec, ways, at) => {
      const first = moreSec + (ways.sec[at] ?? infinity);
      if (first >= otherSec) return;
      offer(first, ways.next[at] ?? nowhere);
      offer(moreSec + (ways.otherSec[at] ?? infinity), ways.otherNext[at] ?? nowhere);
    },
    worst: () => otherSec,
    keep: (ways, at, lessSec) => {
      ways.sec[at] = sec - lessSec;
      ways.next[at] = next;
      ways.otherSec[at] = otherSec - lessSec;
      ways.otherNext[at] = otherNext;
    },
  };
}
