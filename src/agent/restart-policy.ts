/** An exo that ran this long was well; a crash after that starts the count anew. */
export const stableRunMs = 60_000;
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

/**
 * Crashes in a row after one more exit.
 *
 * @param before crashes in a row before this run
 * @param ranMs how long the run lasted
 */
export const countCrashes = (before: number, ranMs: number): number => (ranMs >= stableRunMs ? 1 : before + 1);

/**
 * How long to wait before exo is started again: doubles with each crash in a row, up to a minute. There is no last attempt:
 * most causes of crash loops, such as a full disk, go away without anybody touching the agent.
 */
export const restartWaitMs = (crashes: number): number =>
  Math.min(firstWaitMs * 2 ** Math.min(Math.max(crashes - 1, 0), 16), longestWaitMs);
