import type { Clock } from "../../runtime/clock.js";
import type { ApiError } from "../api-error.js";
import type { ApiKey } from "./api-key.js";
import { type KeyUsage, usageToday } from "./key-usage.js";
import { createRateWindow, type RateWindow } from "./rate-window.js";

/** Whether a key may have one more request answered now. */
export type Admission =
  | {
      readonly kind: "admitted";
      /** Names and values as OpenAI sends them. */
      readonly headers: RateLimitHeaders;
      /** The answer is over. */
      leave(): void;
    }
  | { readonly kind: "refused"; readonly headers: RateLimitHeaders; readonly error: ApiError };

export type RateLimitHeaders = Readonly<Record<string, string>>;

const dayMs = 86_400_000;
const untilMidnightMs = (now: number): number => dayMs - (now % dayMs);
const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/**
 * Holds keys to their limits. Each request counts when it is let in, whatever becomes of it; one that is refused does not. Tokens
 * are known when an answer ends, so the answers under way when a day's tokens run out are finished.
 *
 * @param usageOf what a key has used up to this moment
 */
export function createAdmitRequest(
  clock: Clock,
  usageOf: (id: string) => KeyUsage | undefined,
): (key: ApiKey) => Admission {
  const windows = new Map<string, RateWindow>();
  const running = new Map<string, number>();
  const windowOf = ({ id, limits }: ApiKey): RateWindow | undefined => {
    if (limits.requestsPerMinute === undefined) return undefined;
    const window = windows.get(id) ?? createRateWindow(limits.requestsPerMinute);
    windows.set(id, window);
    return window;
  };
  return (key) => {
    const now = clock.now();
    const window = windowOf(key);
    const usage = usageToday(usageOf(key.id), now);
    const tokens = usage.promptTokens + usage.completionTokens;
    const underWay = running.get(key.id) ?? 0;
    const error = refusalOf(key, { now, window, tokens, running: underWay });
    if (error !== undefined) return { kind: "refused", error, headers: headersOf(key, window, tokens, now) };
    window?.take(now);
    running.set(key.id, underWay + 1);
    let state: "in" | "left" = "in";
    return {
      kind: "admitted",
      headers: headersOf(key, window, tokens, now),
      leave: () => {
        if (state === "left") return;
        state = "left";
        const left = (running.get(key.id) ?? 1) - 1;
        if (left > 0) running.set(key.id, left);
        else running.delete(key.id);
      },
    };
  };
}

interface Standing {
  readonly now: number;
  readonly window: RateWindow | undefined;
  /** Used today. */
  readonly tokens: number;
  readonly running: number;
}

function refusalOf({ limits }: ApiKey, { now, window, tokens, running }: Standing): ApiError | undefined {
  const { requestsPerMinute = 0, concurrency = Infinity, tokensPerDay = Infinity } = limits;
  const no = (type: ApiError["type"], code: string, message: string, waitMs: number): ApiError => ({
    ...{ status: 429, type, code, param: null, message },
    retryAfterSec: secondsOf(waitMs),
  });
  if (tokens >= tokensPerDay) {
    const message = `This API key has used its ${tokensPerDay} tokens of today; the day ends at midnight UTC.`;
    return no("tokens", "daily_tokens_exceeded", message, untilMidnightMs(now));
  }
  if (running >= concurrency) {
    const message = `This API key may have ${concurrency} requests answered at the same time.`;
    return no("requests", "concurrency_exceeded", message, 1_000);
  }
  const waitMs = window?.waitMs(now) ?? 0;
  if (waitMs <= 0) return undefined;
  return no(
    "requests",
    "rate_limit_exceeded",
    `This API key may send ${requestsPerMinute} requests in a minute.`,
    waitMs,
  );
}

function headersOf({ limits }: ApiKey, window: RateWindow | undefined, tokens: number, now: number): RateLimitHeaders {
  const { requestsPerMinute, tokensPerDay } = limits;
  const of = (what: string, limit: number, remaining: number, resetMs: number): RateLimitHeaders => ({
    [`x-ratelimit-limit-${what}`]: String(limit),
    [`x-ratelimit-remaining-${what}`]: String(Math.max(0, remaining)),
    [`x-ratelimit-reset-${what}`]: durationText(resetMs),
  });
  return {
    ...(window === undefined || requestsPerMinute === undefined
      ? {}
      : of("requests", requestsPerMinute, window.remaining(now), window.resetMs(now))),
    ...(tokensPerDay === undefined ? {} : of("tokens", tokensPerDay, tokensPerDay - tokens, untilMidnightMs(now))),
  };
}

/** As OpenAI writes it: `12s`, `6m0s`, `7h3m0s`. */
function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds}s`;
  return `${hours > 0 ? `${hours}h` : ""}${minutes % 60}m${seconds % 60}s`;
}
