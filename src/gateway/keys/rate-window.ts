/** Allows so many requests in any minute, wherever that minute begins. */
export interface RateWindow {
  /** How many more are allowed now. */
  remaining(now: number): number;
  /** Counts one. Only while some remain. */
  take(now: number): void;
  /** Milliseconds until one more is allowed; 0 while some remain. */
  waitMs(now: number): number;
  /** Milliseconds until all are allowed again. */
  resetMs(now: number): number;
}

const windowMs = 60_000;

/** @param perMinute at least 1; as many moments are kept */
export function createRateWindow(perMinute: number): RateWindow {
  /** Moments of the requests that still count, oldest first. */
  let taken: number[] = [];
  let first = 0;
  const forget = (now: number): void => {
    while (first < taken.length && (taken[first] ?? 0) + windowMs <= now) first += 1;
    if (first < perMinute) return;
    taken = taken.slice(first);
    first = 0;
  };
  const remaining = (now: number): number => {
    forget(now);
    return perMinute - (taken.length - first);
  };
  return {
    remaining,
    take: (now) => void taken.push(now),
    waitMs: (now) => (remaining(now) > 0 ? 0 : (taken[first] ?? 0) + windowMs - now),
    resetMs: (now) => (remaining(now) === perMinute ? 0 : (taken.at(-1) ?? 0) + windowMs - now),
  };
}
