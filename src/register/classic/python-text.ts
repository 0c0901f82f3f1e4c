import type { Literal } from "./literal.js";
import { type PythonNode, type PythonSource, quoteStart, textOf } from "./python-source.js";

const oneLetter: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\n": "",
  "\r": "",
};
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** The value of one or more adjacent string literals. Bytes are of another kind; f-strings only run. */
export function readPythonText(source: PythonSource, node: PythonNode): Literal {
  if (node.name === "String") return readOne(textOf(source, node));
  const parts: string[] = [];
  for (let part = node.firstChild; part !== null; part = part.nextSibling) {
    if (part.name === "Comment") continue;
    if (part.name !== "String") return { kind: "unclear" };
    const read = readOne(textOf(source, part));
    if (read.kind !== "text") return read;
    parts.push(read.value);
  }
  return { kind: "text", value: parts.join("") };
}

function readOne(text: string): Literal {
  const start = quoteStart(text);
  const prefix = text.slice(0, start).toLowerCase();
  if (prefix.includes("b")) return { kind: "other" };
  const quote = text[start] ?? "";
  const width = text.startsWith(quote.repeat(3), start) ? 3 : 1;
  const body = text.slice(start + width, -width).replaceAll("\r", "\n");
  if (prefix.includes("r")) return { kind: "text", value: body };
  const value = withoutEscapes(body);
  return value === undefined ? { kind: "unclear" } : { kind: "text", value };
}

/** @returns undefined for an escape that needs a table of names, or is none */
function withoutEscapes(body: string): string | undefined {
  let value = "";
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] !== "\\") {
      value += body[at];
      continue;
    }
    const read = readEscape(body, at + 1);
    if (read === undefined) return undefined;
    value += read.value;
    at += read.length;
  }
  return value;
}

function readEscape(body: string, at: number): { readonly value: string; readonly length: number } | undefined {
  const letter = body[at] ?? "";
  const simple = oneLetter[letter];
  if (simple !== undefined) return { value: simple, length: 1 };
  const width = hexDigits[letter];
  const isOctal = (character: string | undefined): boolean => character !== undefined && "01234567".includes(character);
  if (isOctal(letter)) {
    const length = isOctal(body[at + 1]) ? (isOctal(body[at + 2]) ? 3 : 2) : 1;
    return { value: String.fromCharCode(Number.parseInt(body.slice(at, at + length), 8)), length };
  }
  // Python keeps the backslash of an escape that it does not know, and warns.
  if (width === undefined) return letter === "N" || letter === "" ? undefined : { value: `\\${letter}`, length: 1 };
  const digits = body.slice(at + 1, at + 1 + width);
  const code = digits.length === width && /^[0-9a-f]+$/i.test(digits) ? Number.parseInt(digits, 16) : 0x110000;
  return code > 0x10ffff ? undefined : { value: String.fromCodePoint(code), length: 1 + width };
}
