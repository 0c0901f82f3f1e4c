/** What was asked with a key over some time. */
export interface UsageCounts {
  /** Requests that were let through to a model. */
  readonly requests: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What was asked with one key so far. */
export interface KeyUsage {
  readonly total: UsageCounts;
  /** The day in UTC, such as `2026-11-24`, that `onDay` belongs to. */
  readonly day: string;
  readonly onDay: UsageCounts;
  /** Milliseconds since the Unix epoch. */
  readonly lastUsedAt: number;
}

/** Usage by key id. */
export type UsageByKey = Readonly<Record<string, KeyUsage>>;

export const noUsage: UsageCounts = { requests: 0, promptTokens: 0, completionTokens: 0 };

/** The day in UTC that a moment belongs to. @param at milliseconds since the Unix epoch */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What was used on the day of `now`. */
export const usageToday = (usage: KeyUsage | undefined, now: number): UsageCounts =>
  usage?.day === dayOf(now) ? usage.onDay : noUsage;

const plus = (left: UsageCounts, right: UsageCounts): UsageCounts => ({
  requests: left.requests + right.requests,
  promptTokens: left.promptTokens + right.promptTokens,
  completionTokens: left.completionTokens + right.completionTokens,
});

/** The usage after some more, which counts for the day of `now`. */
export const withMoreUsage = (usage: KeyUsage | undefined, more: UsageCounts, now: number): KeyUsage => ({
  total: plus(usage?.total ?? noUsage, more),
  day: dayOf(now),
  onDay: plus(usageToday(usage, now), more),
  lastUsedAt: now,
});
