import type { Clock } from "../../src/runtime/clock.js";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on and lets everything that waited for these moments run. */
  advance(ms: number): Promise<void>;
  /** How many sleeps are under way. */
  readonly sleeping: number;
}

/** Lets pending promise callbacks run. */
export const settle = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

export function createManualClock(startMs = 1_000_000): ManualClock {
  let now = startMs;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    advance: async (ms) => {
      const goal = now + ms;
      for (;;) {
        const next = [...sleepers].filter(({ at }) => at <= goal).toSorted((left, right) => left.at - right.at)[0];
        if (next === undefined) break;
        now = next.at;
        sleepers.delete(next);
        next.wake();
        await settle();
      }
      now = goal;
      await settle();
    },
    get sleeping() {
      return sleepers.size;
    },
  };
}
