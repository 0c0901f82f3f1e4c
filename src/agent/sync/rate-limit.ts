import type { Clock } from "../../runtime/clock.js";

/** How long a sender that was late may catch up. */
const catchUpMs = 100;
export const largestSliceBytes = 256 * 1024;
const smallestSliceBytes = 4 * 1024;
/** So many slices go out in a second, at least, so that many readers get their turn soon. */
const slicesPerSec = 40;

/** When the next byte may go out, milliseconds by the caller's clock. */
export type NextFreeMs = number;

/**
 * Reserves room for some bytes. In any stretch of time no more goes out than the rate times that stretch and `catchUpMs`, and one
 * reservation.
 *
 * @returns how long to wait before sending them, and the state for the next reservation
 */
export function reserve(
  nextFree: NextFreeMs,
  bytes: number,
  now: number,
  bytesPerSec: number,
): { readonly waitMs: number; readonly nextFree: NextFreeMs } {
  const startsAt = Math.max(nextFree, now - catchUpMs);
  return { waitMs: Math.max(0, startsAt - now), nextFree: startsAt + (bytes / bytesPerSec) * 1_000 };
}

/** A limit on what goes out through everything that shares it. */
export interface RateLimit {
  /** How much to send at once. */
  readonly sliceBytes: number;
  /** Resolves when so many bytes may go out. Rejects with the signal's reason. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** @param bytesPerSec undefined: no limit */
export function createRateLimit(bytesPerSec: number | undefined, clock: Clock): RateLimit {
  if (bytesPerSec === undefined)
    return { sliceBytes: largestSliceBytes, take: async (_bytes, signal) => signal.throwIfAborted() };
  let nextFree = Number.NEGATIVE_INFINITY;
  const slice = Math.round(bytesPerSec / slicesPerSec);
  return {
    sliceBytes: Math.min(largestSliceBytes, Math.max(smallestSliceBytes, slice)),
    take: async (bytes, signal) => {
      signal.throwIfAborted();
      const reserved = reserve(nextFree, bytes, clock.now(), bytesPerSec);
      nextFree = reserved.nextFree;
      if (reserved.waitMs > 0) await clock.sleep(reserved.waitMs, signal);
    },
  };
}

/** Both limits at once: the slower one decides. */
export const bothLimits = (one: RateLimit, other: RateLimit): RateLimit => ({
  sliceBytes: Math.min(one.sliceBytes, other.sliceBytes),
  take: async (bytes, signal) => {
    await one.take(bytes, signal);
    await other.take(bytes, signal);
  },
});
