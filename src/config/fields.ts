import { z } from "zod";
import { hostPattern, hostPortPattern, parseHostPort } from "./host-port.js";
import { durationPattern, parseDuration } from "./parse-duration.js";
import { parseSize, sizePattern } from "./parse-size.js";

/*
 * The kinds of value that a cluster file may hold. Every one fails with a single text: what was expected. The reader adds
 * what was found and where, so that all messages have the same form.
 */

/** TCP ports that exo uses between its nodes and for its API. */
const exoPorts = { first: 52_413, last: 52_415 };

/** A mapping with exactly these keys. An unknown key is an issue of its own. */
export const section = <const Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, { error: "a mapping of keys to values" });

/** A list. */
export const listOf = <Item extends z.core.SomeType>(item: Item, what: string) =>
  z.array(item, { error: `a list of ${what}` });

/** `true` or `false`. YAML 1.2 knows no `yes`. */
export const flag = () => z.boolean({ error: "true or false" });

/** One of a few words. */
export const word = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: words.length === 1 ? words[0] : `one of ${words.join(", ")}` });

/** Text of a form that a person can name. */
export const textLike = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected });

/** A whole number within bounds; without an upper one, any that is exact. */
export const wholeNumber = (atLeast: number, atMost?: number) => {
  const open = atLeast === 1 ? "a whole number above 0" : `a whole number of ${atLeast} or more`;
  const error = atMost === undefined ? open : `a whole number from ${atLeast} to ${atMost}`;
  return z
    .int({ error })
    .min(atLeast, { error })
    .max(atMost ?? Number.MAX_SAFE_INTEGER, { error });
};

/** An absolute path of a file, or one from `~/`. */
export const filePath = () => textLike(/^~?\/[^\0]*[^\0/]$/, "the path of a file, such as /etc/exoctl/gateway.pem");

/** A TCP port. */
export const port = () => wholeNumber(1, 65_535);

/** `3GiB` or `24GB`, read as bytes. */
export const sizeBytes = () => textLike(sizePattern, "a size with its unit, such as 3GiB or 24GB").transform(parseSize);

/** `120s` or `5m`, read as milliseconds. */
export const durationMs = () =>
  textLike(durationPattern, "a duration with its unit, such as 120s or 5m").transform(parseDuration);

/** Where a node is dialled: `host` or `host:port`. */
export const dialAddress = (defaultPort: number) => {
  const error = `a host, or a host and a port from 1 to 65535, such as 10.0.0.11 or 10.0.0.11:${defaultPort}`;
  return textLike(hostPattern, error).transform((text, context) => {
    const parsed = parseHostPort(text, defaultPort);
    if (parsed !== undefined && parsed.port > 0) return parsed;
    context.issues.push({ code: "custom", message: error, input: text });
    return z.NEVER;
  });
};

/** Where we listen: `host:port`. Port 0 lets the system choose. exo's own ports are refused. */
export const listenAddress = () => {
  const error = "an address and a port up to 65535, such as 127.0.0.1:8415";
  return textLike(hostPortPattern, error).transform((text, context) => {
    const parsed = parseHostPort(text, 0);
    const taken = parsed !== undefined && parsed.port >= exoPorts.first && parsed.port <= exoPorts.last;
    if (parsed !== undefined && !taken) return parsed;
    const message = taken ? `a port outside ${exoPorts.first} to ${exoPorts.last}, which exo uses itself` : error;
    context.issues.push({ code: "custom", message, input: text });
    return z.NEVER;
  });
};
