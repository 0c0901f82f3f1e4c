/**
 * Text that holds UTF-8 bytes, one per character (`latin1`). Streams are handled in this form: cutting and joining it is
 * as cheap as with any text, and a character cut in two by the network is whole again when its bytes are written out.
 */
export type ByteText = string;

export const toByteText = (text: string): ByteText => Buffer.from(text, "utf8").toString("latin1");
export const fromByteText = (bytes: ByteText): string => Buffer.from(bytes, "latin1").toString("utf8");

/** Which part of the answer a delta carries, by its name in the JSON. */
export type TextField = "content" | "reasoning_content";

/**
 * What the events of one stream have in common. exo repeats some 200 bytes around each token; they change only with the
 * second in `created`, and a chunk whose surroundings equal those of one already parsed needs no parsing.
 */
export interface ChunkTemplate {
  readonly field: TextField;
  /** Everything before the quote that opens the text. */
  readonly head: ByteText;
  /** Everything after the quote that closes it. */
  readonly tail: ByteText;
}

/**
 * Learns the surroundings from the data of a chunk that was parsed and found to carry `field` as text and nothing else.
 *
 * @returns undefined when the text cannot be found without doubt
 */
export function learnTemplate(data: ByteText, field: TextField): ChunkTemplate | undefined {
  const key = `"${field}":`;
  // A quote inside a JSON string is always escaped, so this can only be a key.
  const at = data.indexOf(key, data.indexOf('"delta":'));
  if (at < 0 || data.indexOf(key, at + key.length) >= 0) return undefined;
  let open = at + key.length;
  while (data[open] === " ") open += 1;
  if (data[open] !== '"') return undefined;
  let close = open + 1;
  while (close < data.length && data[close] !== '"') close += data[close] === "\\" ? 2 : 1;
  return close < data.length ? { field, head: data.slice(0, open), tail: data.slice(close + 1) } : undefined;
}

/** The text of a chunk as a JSON string with its quotes, or undefined when the chunk does not fit the template. */
export function matchTemplate(data: ByteText, { head, tail }: ChunkTemplate): ByteText | undefined {
  const end = data.length - tail.length;
  // Comparing slices is some ten times faster than startsWith and endsWith, and this runs for every token.
  if (end < head.length + 2 || data.slice(0, head.length) !== head || data.slice(end) !== tail) return undefined;
  const literal = data.slice(head.length, end);
  return isStringLiteral(literal) ? literal : undefined;
}

function isStringLiteral(literal: ByteText): boolean {
  const last = literal.length - 1;
  if (literal.charCodeAt(0) !== 0x22 || literal.charCodeAt(last) !== 0x22) return false;
  for (let at = 1; at < last; at += 1) {
    const code = literal.charCodeAt(at);
    if (code === 0x5c) return isEscapedLiteral(literal);
    if (code === 0x22 || code < 0x20) return false;
  }
  return true;
}

function isEscapedLiteral(literal: ByteText): boolean {
  try {
    return typeof JSON.parse(literal) === "string";
  } catch {
    // Two strings with something between them, or a bad escape: the chunk has another shape.
    return false;
  }
}
