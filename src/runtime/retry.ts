import type { Clock } from "./clock.js";

/** Decides after a failure: wait so many milliseconds and try again, or let the error through. Attempts count from 0. */
export type RetryPolicy = (attempt: number, error: unknown) => { readonly waitMs: number } | "give-up";

/** Runs `work` until it succeeds or the policy gives up. The caller's signal ends the waiting at once. */
export async function retry<T>(
  work: () => Promise<T>,
  policy: RetryPolicy,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const decision = policy(attempt, error);
      if (decision === "give-up") throw error;
      await clock.sleep(decision.waitMs, signal);
    }
  }
}
