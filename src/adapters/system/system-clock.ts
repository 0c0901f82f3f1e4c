import { setTimeout } from "node:timers/promises";
import type { Clock } from "../../runtime/clock.js";

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node wraps the reason into an AbortError of its own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
