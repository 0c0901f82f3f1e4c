import { Problem } from "../runtime/problem.js";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** What a duration looks like: an amount and its unit, such as `120s`, `1.5h` or `250ms`. */
export const durationPattern = /^(\d{1,6}(?:\.\d{1,3})?) ?(ms|s|m|h)$/;

/**
 * Reads a duration such as `120s` or `15m` as milliseconds.
 *
 * @throws Problem of kind `usage` when the text is not one.
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  const factor = unitMs[unit ?? ""];
  if (amount === undefined || factor === undefined)
    throw new Problem(
      "usage",
      "bad_duration",
      `${JSON.stringify(text)} is not a duration`,
      "Write a number and its unit: ms, s, m or h, such as 15m.",
    );
  return Math.round(Number(amount) * factor);
}
