import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../src/runtime/clock.js";

/** The machine's own clock, for tests that use real sockets. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};
