import { retryDelayMs } from "../model-run.js";

/** How far back mends are counted. */
export const fightWindowMs = 10 * 60_000;
/** So many mends of one entry in that time mean that somebody or something changes it again and again. */
export const fightMends = 3;

const firstPauseMs = 60_000;

/** What has been done about one entry on one node. */
export interface MendHistory {
  /** When it was mended, oldest first; milliseconds since the Unix epoch. */
  readonly mends: readonly number[];
  /** Attempts that came to nothing since the last one that did not. */
  readonly failures: number;
  readonly lastAttemptAt?: number;
}

export const noHistory: MendHistory = { mends: [], failures: 0 };

/** Mends within the window. */
export const recentMends = ({ mends }: MendHistory, now: number): readonly number[] =>
  mends.filter((at) => now - at < fightWindowMs);

/** Whether this looks like a fight with somebody who wants it otherwise. */
export const isFought = (history: MendHistory, now: number): boolean => recentMends(history, now).length >= fightMends;

/**
 * Not before this time is it mended again. A failed attempt is repeated after 2 s, 4 s, ... up to a minute. After three mends in
 * ten minutes the next waits a minute, the one after it two, then four, and so on: to write more often would not win, and every
 * write may meet an exo that is just reading.
 */
export function nextMendAt(history: MendHistory, now: number): number {
  const { failures, lastAttemptAt } = history;
  const afterFailure = failures === 0 || lastAttemptAt === undefined ? 0 : lastAttemptAt + retryDelayMs(failures);
  const recent = recentMends(history, now);
  const last = recent.at(-1);
  if (last === undefined || recent.length < fightMends) return afterFailure;
  const pauseMs = Math.min(fightWindowMs, firstPauseMs * 2 ** (recent.length - fightMends));
  return Math.max(afterFailure, last + pauseMs);
}

export const withMend = ({ mends }: MendHistory, now: number): MendHistory => ({
  mends: [...mends.filter((at) => now - at < fightWindowMs), now],
  failures: 0,
  lastAttemptAt: now,
});

export const withFailure = (history: MendHistory, now: number): MendHistory => ({
  ...history,
  failures: history.failures + 1,
  lastAttemptAt: now,
});
