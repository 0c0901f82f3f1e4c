import type { ClassicRefusal } from "../../cluster/classic-refusal.js";
import type { PythonSource } from "./python-source.js";

/**
 * Python reads a file in the encoding that a comment in its first two lines names. We read UTF-8, so any other name means that
 * we have misread the file.
 */
export function findForeignEncoding(source: PythonSource): ClassicRefusal | undefined {
  for (const node of [source.tree.topNode.firstChild, source.tree.topNode.firstChild?.nextSibling]) {
    if (node?.name !== "Comment" || source.lineOf(node.from) > 2) continue;
    const name = encodingOf(source.code.slice(node.from, node.to));
    if (name === undefined || ["utf-8", "utf8", "ascii", "us-ascii"].includes(name)) continue;
    return {
      code: "not_utf8",
      message: `the file says that it is written in ${name}, not in UTF-8`,
      fix: "Save it as UTF-8, or write the entry by hand.",
    };
  }
  return undefined;
}

/** The name behind `coding:` or `coding=` in a comment. */
function encodingOf(comment: string): string | undefined {
  const at = comment.indexOf("coding");
  const sign = comment[at + "coding".length];
  if (at < 0 || (sign !== ":" && sign !== "=")) return undefined;
  const words = comment.slice(at + "coding:".length).trimStart();
  const name = words.split(" ", 1)[0]?.toLowerCase().replaceAll("_", "-");
  return name === "" ? undefined : name;
}
