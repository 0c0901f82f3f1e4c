import type { Clock } from "./clock.js";

export interface AttemptLimitSettings {
  readonly failures: number;
  readonly windowMs: number;
  /** How many sources are remembered; beyond that the one with the oldest failure is forgotten. */
  readonly sources: number;
}

/** Ten wrong proofs in a minute: a person who mistypes stays below it. A secret of 32 bytes can't be guessed at any rate. */
export const defaultAttemptLimit: AttemptLimitSettings = { failures: 10, windowMs: 60_000, sources: 1_024 };

/** Counts failures per source over a sliding window. */
export interface AttemptLimit {
  allows(source: string): boolean;
  noteFailure(source: string): void;
}

/** @param clock whose milliseconds the window is measured in */
export function createAttemptLimit(clock: Clock, settings: AttemptLimitSettings = defaultAttemptLimit): AttemptLimit {
  const failures = new Map<string, readonly number[]>();
  const recent = (source: string): readonly number[] =>
    (failures.get(source) ?? []).filter((at) => clock.now() - at < settings.windowMs);
  return {
    allows: (source) => recent(source).length < settings.failures,
    noteFailure: (source) => {
      const times = [...recent(source), clock.now()].slice(-settings.failures);
      // Deleting first moves the source to the end: the map stays in order of the latest failure.
      failures.delete(source);
      failures.set(source, times);
      const oldest = failures.keys().next().value;
      if (failures.size > settings.sources && oldest !== undefined) failures.delete(oldest);
    },
  };
}
