const quote = 0x22;
const backslash = 0x5c;

/** What a scan of a JSON object found without building its values. */
export interface JsonScan {
  /**
   * Where the value of each top-level member stands in the bytes: from `start` up to, not including, `end`. Of a repeated
   * key the last one, as every parser that we and exo use would take it.
   */
  readonly members: ReadonlyMap<string, { readonly start: number; readonly end: number }>;
  /** The deepest nesting of arrays and objects; stops counting at the limit that was given. */
  readonly depth: number;
}

/**
 * Finds the top-level members of a JSON object, so that values can be passed on as the bytes they came in. Looks at
 * strings and brackets only and stops when nesting exceeds `maxDepth`. On bytes that are not a JSON object the result
 * means nothing, but the scan ends: parse them to know.
 */
export function scanJsonObject(bytes: Buffer, maxDepth: number): JsonScan {
  const members = new Map<string, { start: number; end: number }>();
  let depth = 0;
  let deepest = 0;
  let keyText: string | undefined;
  let valueStart = -1;
  const endMember = (end: number): void => {
    if (keyText !== undefined && valueStart >= 0) members.set(keyText, { start: valueStart, end });
    keyText = undefined;
    valueStart = -1;
  };
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case quote: {
        const end = stringEnd(bytes, at);
        if (depth === 1 && valueStart < 0) keyText = readKey(bytes, at, end);
        at = end - 1;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        deepest = Math.max(deepest, depth);
        if (depth > maxDepth) return { members, depth };
        break;
      case 0x7d: // }
      case 0x5d: // ]
        if (depth === 1) endMember(at);
        depth -= 1;
        break;
      case 0x3a: // :
        if (depth === 1 && valueStart < 0) valueStart = at + 1;
        break;
      case 0x2c: // ,
        if (depth === 1) endMember(at);
        break;
    }
  }
  return { members, depth: deepest };
}

/** Index after the closing quote of the string that opens at `start`; the end of the bytes when it is never closed. */
function stringEnd(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(quote, start + 1); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let before = at - 1;
    while (bytes[before] === backslash && before > start) before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
  return bytes.length;
}

/** A key as text. Escapes count: `"\u006dodel"` is `model`. */
function readKey(bytes: Buffer, start: number, end: number): string | undefined {
  const literal = bytes.toString("utf8", start, end);
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    const key: unknown = JSON.parse(literal);
    return typeof key === "string" ? key : undefined;
  } catch {
    // Not JSON: parsing the whole body reports it.
    return undefined;
  }
}
