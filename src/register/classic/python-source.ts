import { parser } from "@lezer/python";
import type { ClassicRefusal } from "./refusal.js";

/** A node of the syntax tree. */
export type PythonNode = PythonSource["tree"]["topNode"];

/**
 * Python source as a tree. The tree is one of `code`: the file's text without a byte order mark and with CRLF as LF, because
 * the grammar does not know a backslash before CRLF. `toFile` leads back.
 */
export interface PythonSource {
  readonly code: string;
  readonly tree: ReturnType<typeof parser.parse>;
  /** The offset in the file of an offset in `code`. */
  toFile(at: number): number;
  /** The line break of the file that stands at or, failing that, was last used before this offset of `code`. */
  lineBreakAt(at: number): string;
  /** Counted from 1. */
  lineOf(at: number): number;
}

/** exo's own file has 16 kB. One of this size is something else. */
export const mostBytes = 5_000_000;

/** What a node says, as it stands in the code. */
export const textOf = (source: PythonSource, node: PythonNode): string => source.code.slice(node.from, node.to);

export const isLineBreak = (character: string | undefined): boolean => character === "\n" || character === "\r";

/** Children that mean something: all but comments. */
export function childrenOf(node: PythonNode): readonly PythonNode[] {
  const children: PythonNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== "Comment") children.push(child);
  return children;
}

export function parsePython(text: string): PythonSource {
  const mark = text.startsWith("\ufeff") ? 1 : 0;
  const parts = text.slice(mark).split("\r\n");
  const code = parts.join("\n");
  // Where in `code` the LF of each CRLF stands.
  const crlfs: number[] = [];
  let at = 0;
  for (const part of parts.slice(0, -1)) {
    at += part.length;
    crlfs.push(at);
    at += 1;
  }
  const crlfsBefore = (offset: number): number => lowerBound(crlfs, offset);
  const toFile = (offset: number): number => offset + crlfsBefore(offset) + mark;
  return {
    code,
    tree: parser.parse(code),
    toFile,
    lineBreakAt: (offset) => {
      const before = Math.max(code.lastIndexOf("\n", offset - 1), code.lastIndexOf("\r", offset - 1));
      const found = isLineBreak(code[offset]) ? offset : before < 0 ? code.indexOf("\n") : before;
      if (found < 0) return "\n";
      if (code[found] === "\r") return "\r";
      return text[toFile(found)] === "\r" ? "\r\n" : "\n";
    },
    lineOf: (offset) => lineOf(code, offset),
  };
}

/** How many of the sorted numbers are smaller. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineOf(code: string, offset: number): number {
  let line = 1;
  for (let at = 0; at < offset; at += 1) if (isLineBreak(code[at])) line += 1;
  return line;
}

/** The first place where this is not Python 3. */
export function findSyntaxError(source: PythonSource): ClassicRefusal | undefined {
  let found: number | undefined;
  source.tree.iterate({
    enter: (node) => {
      if (found !== undefined) return false;
      const isBroken =
        node.type.isError || node.name === "PrintStatement" || (isText(node.name) && !isClosed(source, node.node));
      if (isBroken) found = node.from;
      return !isBroken;
    },
  });
  if (source.code.includes("\0")) found = Math.min(found ?? Number.POSITIVE_INFINITY, source.code.indexOf("\0"));
  if (found === undefined) return undefined;
  const line = source.lineOf(found);
  return {
    code: "syntax",
    message: `the file is not proper Python at line ${line}`,
    fix: "Correct it there, or restore the file from exo's repository.",
    line,
  };
}

const isText = (name: string): boolean => name === "String" || name === "FormatString";

/** Where the opening quote of a string literal stands, behind its prefix. */
export const quoteStart = (text: string): number =>
  Math.min(...["'", '"'].map((quote) => text.indexOf(quote)).filter((at) => at >= 0));

/** The grammar lets a line break end a string that was never closed. */
function isClosed(source: PythonSource, node: PythonNode): boolean {
  const text = textOf(source, node);
  const start = quoteStart(text);
  const quote = text[start] ?? "";
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  const isEscaped = node.lastChild?.name === "Escape" && node.lastChild.to === node.to;
  return !isEscaped && text.length >= start + 2 * delimiter.length && text.endsWith(delimiter);
}
