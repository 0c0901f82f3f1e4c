import type { ClassicRefusal } from "../../cluster/classic-refusal.js";
import { findForeignEncoding } from "./python-encoding.js";
import { findSyntaxError, mostBytes, type PythonSource, parsePython } from "./python-source.js";
import { type Refused, refused } from "./refusal.js";

/** `models.py` as Python, or why it is none that could be worked on. */
export function readModelsPy(text: string): { readonly kind: "source"; readonly source: PythonSource } | Refused {
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) return refused(tooLarge(bytes));
  const source = parsePython(text);
  const flaw = findForeignEncoding(source) ?? findSyntaxError(source);
  return flaw === undefined ? { kind: "source", source } : refused(flaw);
}

export const tooLarge = (bytes: number): ClassicRefusal => ({
  code: "too_large",
  message: `the file has ${bytes} bytes; exo's has about 16000`,
  fix: "Name exo's own models.py.",
});
