import { type Document, isAlias, isCollection, isMap, isNode, isScalar, type Pair } from "yaml";
import type { IssuePath } from "./config-issue.js";

/** A stretch of the text, as offsets; the end is excluded. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

/** What a node covers of the text, if the parser saw it there. */
function spanOf(node: unknown): TextSpan | undefined {
  if (!isNode(node) || !node.range) return undefined;
  return { start: node.range[0], end: node.range[1] };
}

/**
 * Where in the text a path of the document is. Something that is missing is located at the nearest part of its path that is
 * there: the mapping that should hold it.
 */
export function spanOfPath(document: Document, path: IssuePath, at: "key" | "value"): TextSpan {
  let node: unknown = document.contents;
  let span = spanOf(node) ?? { start: 0, end: 0 };
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) return span;
    const pair = isMap(node) ? node.items.find((item) => keyOf(item) === String(step)) : undefined;
    const key = spanOf(pair?.key);
    node = pair === undefined ? node.get(step, true) : pair.value;
    if (node === undefined && pair === undefined) return span;
    const isLast = index === path.length - 1;
    const isEmpty = isScalar(node) && node.value === null;
    span = ((isLast && at === "key") || isEmpty ? key : undefined) ?? spanOf(node) ?? key ?? span;
  }
  return span;
}
