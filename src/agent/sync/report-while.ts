import type { Clock } from "../../runtime/clock.js";

export interface Reporting {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Says how far the work is. What it throws ends the work. */
  readonly tell: () => Promise<void>;
}

/**
 * Does some work and tells how far it is meanwhile. The work has ended when this settles, whatever ended it.
 *
 * @param work its signal aborts when nobody can be told any more
 */
export async function reportWhile<T>(
  { clock, everyMs, tell }: Reporting,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const telling = async (): Promise<void> => {
    while (!both.aborted) {
      await clock.sleep(everyMs, both);
      await tell();
    }
  };
  const told = telling().catch((error: unknown) => stop.abort(error));
  try {
    return await work(both);
  } finally {
    stop.abort(new Error("the work has ended"));
    await told;
  }
}

/** Resolves never; rejects with the signal's reason. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
