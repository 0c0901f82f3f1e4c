import { parser } from "@lezer/python";
import type { ClassicRefusal } from "../../cluster/classic-refusal.js";

/** A node of the syntax tree. */
export type PythonNode = PythonSource["tree"]["topNode"];

/**
 * Python source as a tree. The tree is one of `code`: the file's text without a byte order mark, with CRLF as LF and without form
 * feeds at the start of lines, because the grammar knows neither those nor a backslash before CRLF. `toFile` leads back.
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
  const { code, dropped } = readableBy(text);
  const toFile = (offset: number): number => offset + countBelow(dropped, offset);
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

/** Leaves out what the grammar stumbles over, and tells for each such character the offset in the code that it stood before. */
function readableBy(text: string): { readonly code: string; readonly dropped: readonly number[] } {
  const parts: string[] = [];
  const dropped: number[] = [];
  let length = 0;
  let from = 0;
  const drop = (at: number, before: 0 | 1): void => {
    parts.push(text.slice(from, at));
    length += at - from;
    from = at + 1;
    dropped.push(length - before);
  };
  for (let at = 0; at < text.length; at += 1) {
    const isLineStart = at === from || isLineBreak(text[at - 1]);
    // What stands at an offset of the code comes behind a mark or form feed, and before the CR of a line break.
    if (at === 0 && text[at] === "\ufeff") drop(at, 1);
    else if (text[at] === "\f" && isLineStart) drop(at, 1);
    else if (text[at] === "\r" && text[at + 1] === "\n") drop(at, 0);
  }
  return { code: [...parts, text.slice(from)].join(""), dropped };
}

/** How many of the sorted numbers are smaller. */
function countBelow(sorted: readonly number[], value: number): number {
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
