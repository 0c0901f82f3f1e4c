/** exo's back-off by key: 0.5 s times 2 to the number of attempts, at most 10 s, times the time scale. */
export interface KeyedBackoff {
  mayProceed(key: string): boolean;
  record(key: string): void;
  attempts(key: string): number;
  reset(key: string): void;
}

/** Starts without any attempts. @param nowMs a monotonic clock */
export function createKeyedBackoff(baseMs: number, capMs: number, nowMs: () => number): KeyedBackoff {
  const attempts = new Map<string, { readonly count: number; readonly lastMs: number }>();
  return {
    mayProceed(key) {
      const known = attempts.get(key);
      return known === undefined || nowMs() - known.lastMs >= Math.min(capMs, baseMs * 2 ** known.count);
    },
    record: (key) => void attempts.set(key, { count: (attempts.get(key)?.count ?? 0) + 1, lastMs: nowMs() }),
    attempts: (key) => attempts.get(key)?.count ?? 0,
    reset: (key) => void attempts.delete(key),
  };
}
