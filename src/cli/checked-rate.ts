import { parseSize, sizePattern } from "../config/parse-size.js";
import { Problem } from "../runtime/problem.js";

/** A slower copy would look like one that is stuck. */
const slowestBytesPerSec = 64 * 1024;

/**
 * Reads a rate such as `500MB/s` from the command line.
 *
 * @param option for the message, such as `--limit`
 * @returns bytes per second
 * @throws Problem (usage) when it is no rate, or one below 64 KiB/s
 */
export function checkedRate(text: string, option: string): number {
  const size = text.trim().replace(/\/s$/, "");
  const bytesPerSec = sizePattern.test(size) ? parseSize(size) : 0;
  if (bytesPerSec >= slowestBytesPerSec) return bytesPerSec;
  throw new Problem(
    "usage",
    "bad_rate",
    `${option} ${text} is not a rate of at least 64KiB/s`,
    "Write an amount, a unit and /s, such as 500MB/s.",
  );
}
