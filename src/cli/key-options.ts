import { InvalidArgumentError } from "commander";
import { parseDuration } from "../config/parse-duration.js";
import { type KeyScope, keyScopes } from "../gateway/keys/api-key.js";

const dayMs = 86_400_000;

/** A list such as `models,batch`. */
export const commaList = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Scopes of a key, such as `models,batch`. */
export function readScopes(text: string): readonly KeyScope[] {
  const words = commaList(text);
  const scopes = keyScopes.filter((scope) => words.includes(scope));
  if (words.length > 0 && words.every((word) => (keyScopes as readonly string[]).includes(word))) return scopes;
  throw new InvalidArgumentError(`Write some of ${keyScopes.join(", ")}, with commas between them.`);
}

/** A whole number above 0. */
export function readAmount(text: string): number {
  const amount = Number(text);
  if (/^\d{1,15}$/.test(text) && amount > 0) return amount;
  throw new InvalidArgumentError("Write a whole number above 0.");
}

/**
 * When a key expires: after a duration such as `12h` or `90d`, or when a day such as `2027-01-31` is over in UTC.
 *
 * @param now milliseconds since the Unix epoch
 * @returns milliseconds since the Unix epoch
 */
export function readExpiry(text: string, now: number): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  if (days !== undefined) return now + Number(days) * dayMs;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return now + parseDuration(text);
  const day = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes the 31st of April for the 1st of May.
  if (new Date(day || 0).toISOString().startsWith(text)) return day + dayMs;
  throw new InvalidArgumentError("There is no such day.");
}
