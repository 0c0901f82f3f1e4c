import { accepted, type ReadResult, refused } from "./read-result.js";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openList = 0x5b;
const closeList = 0x5d;
const openMapping = 0x7b;
const closeMapping = 0x7d;

/** Values and members of one text. A header with 200 000 tensors, more than any model has, stays below. */
const mostValues = 2_000_000;
/** Members of one mapping. The largest known index has some 200 000. */
const mostMembers = 500_000;

/** Index of the quote that ends the text which begins at `start`; -1 when there is none. */
function endOfText(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** A key as its reader sees it: `"a"` and `"\u0061"` are the same one. */
function keyOf(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal; // a wrong escape: the parser refuses the whole text afterwards
  }
}

const shorten = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/**
 * What a parser would not tell: nesting beyond `maxDepth` (which may exhaust its stack), more values than fit into memory, and
 * names that appear twice (of which it keeps the last, and other parsers the first).
 */
function findFlaw(json: string, maxDepth: number): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let awaitsKey = false;
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    const sign = json.charCodeAt(at);
    if (sign === quote) {
      const end = endOfText(json, at);
      if (end < 0) return "it holds a text that never ends";
      const keys = open.at(-1);
      if (awaitsKey && keys !== undefined) {
        const key = keyOf(json.slice(at, end + 1));
        if (keys.has(key)) return `it names ${shorten(key)} twice`;
        keys.add(key);
        if (keys.size > mostMembers) return `it has a mapping of more than ${mostMembers} members`;
        awaitsKey = false;
      }
      at = end;
    } else if (sign === comma) {
      awaitsKey = open.at(-1) !== undefined;
      values += 1;
      if (values > mostValues) return `it has more than ${mostValues} values`;
    } else if (sign === openMapping || sign === openList) {
      open.push(sign === openMapping ? new Set() : undefined);
      awaitsKey = sign === openMapping;
      if (open.length > maxDepth) return `it is nested more than ${maxDepth} deep`;
    } else if (sign === closeMapping || sign === closeList) {
      open.pop();
      awaitsKey = false;
    }
  }
  return undefined;
}

/** Text of bytes that have to be UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

/** Parses JSON of unknown origin. Takes time and memory in proportion to its length, whatever it says. */
export function readBoundedJson(bytes: Uint8Array, maxDepth: number): ReadResult<unknown> {
  const text = textOf(bytes);
  if (text === undefined) return refused("it is not UTF-8");
  const flaw = findFlaw(text, maxDepth);
  if (flaw !== undefined) return refused(flaw);
  try {
    return accepted(JSON.parse(text));
  } catch {
    return refused("it is not JSON");
  }
}

/** The members of a JSON mapping; undefined for everything else. */
export function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}
