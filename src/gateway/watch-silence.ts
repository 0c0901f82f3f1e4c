import type { Clock } from "../runtime/clock.js";

/** Notices a target that stays connected and says nothing of use. */
export interface SilenceWatch {
  /** From the first token on the shorter limit holds. */
  progress(kind: "prompt" | "token"): void;
  /** The client reads too slowly, so nothing is read from the target: its silence is not its fault. */
  pause(): void;
  resume(): void;
  end(): void;
}

export interface SilenceLimits {
  readonly firstTokenMs: number;
  readonly silenceMs: number;
}

/**
 * Calls `onSilent` once when there was no progress for the limit that holds. Progress only notes the time, so it costs
 * next to nothing for each token; one sleep per limit checks it.
 */
export function watchSilence(clock: Clock, limits: SilenceLimits, onSilent: (afterMs: number) => void): SilenceWatch {
  const ended = new AbortController();
  let since = clock.now();
  let limitMs = limits.firstTokenMs;
  let state: "reading" | "paused" = "reading";
  const watch = async (): Promise<void> => {
    for (;;) {
      const leftMs = state === "paused" ? limitMs : since + limitMs - clock.now();
      if (leftMs <= 0) return onSilent(limitMs);
      // Not longer than the shorter limit, which may hold by the time of waking.
      await clock.sleep(Math.min(leftMs, limits.silenceMs), ended.signal);
    }
  };
  watch().catch(() => {
    // The only failure of sleeping is the end of the watch.
  });
  return {
    progress(kind) {
      since = clock.now();
      if (kind === "token") limitMs = limits.silenceMs;
    },
    pause() {
      state = "paused";
    },
    resume() {
      state = "reading";
      since = clock.now();
    },
    end: () => ended.abort(),
  };
}
