import type { ClassicRefusal } from "../../cluster/classic-refusal.js";
import type { Literal } from "./literal.js";
import { readLiteral } from "./python-literal.js";
import { childrenOf, isLineBreak, type PythonNode, type PythonSource } from "./python-source.js";

/** `key: value` of a dict literal. */
export interface DictItem {
  readonly key: PythonNode;
  readonly colon: PythonNode;
  readonly value: PythonNode;
  /** The comma behind it, if there is one. */
  readonly comma?: PythonNode;
}

/** A dict literal, taken apart. Offsets are those of the nodes. */
export interface DictParts {
  readonly open: PythonNode;
  readonly close: PythonNode;
  readonly items: readonly DictItem[];
  /** What stands behind each `**`. */
  readonly spreads: readonly PythonNode[];
  /** The end of the last item or spread; absent in an empty dict. */
  readonly lastEnd?: number;
  readonly trailingComma?: PythonNode;
}

/** Takes a DictionaryExpression without errors apart. */
export function dictParts(node: PythonNode): DictParts {
  const all = childrenOf(node);
  const [open, close] = [all[0] ?? node, all.at(-1) ?? node];
  const parts = all.slice(1, -1);
  const items: DictItem[] = [];
  const spreads: PythonNode[] = [];
  for (const [index, part] of parts.entries()) {
    const [before, after, next] = [parts[index - 1], parts[index + 1], parts[index + 2]];
    if (part.name === "**" && after !== undefined) spreads.push(after);
    if (part.name !== ":" || before === undefined || after === undefined) continue;
    items.push({ key: before, colon: part, value: after, ...(next?.name === "," ? { comma: next } : {}) });
  }
  const last = parts.at(-1);
  if (last?.name !== ",") return { open, close, items, spreads, ...(last === undefined ? {} : { lastEnd: last.to }) };
  return { open, close, items, spreads, lastEnd: parts.at(-2)?.to ?? last.from, trailingComma: last };
}

/** The item with this key, none, or why nobody can tell. */
export type KeySearch =
  | { readonly kind: "item"; readonly item: DictItem; readonly value: Literal }
  | { readonly kind: "none" }
  | { readonly kind: "refusal"; readonly refusal: ClassicRefusal };

/** Looks for a key. Other keys may well be there twice: exo's own `pretty_name` has three such. */
export function findKey(source: PythonSource, name: string, dict: DictParts, key: string): KeySearch {
  const keys = dict.items.map((item) => ({ item, literal: readLiteral(source, item.key) }));
  const spread = dict.spreads.find((node) => mayHold(readLiteral(source, node), key));
  const unclear = keys.find(({ literal }) => literal.kind === "unclear");
  const found = keys.filter(({ literal }) => literal.kind === "text" && literal.value === key);
  if (found.length > 1) return refusal(source, found[1]?.item.key, "duplicate_key", `\`${name}\` has "${key}" twice`);
  if (spread !== undefined)
    return refusal(source, spread, "spread", `\`${name}\` takes in another dict that may hold "${key}"`);
  if (unclear !== undefined)
    return refusal(source, unclear.item.key, "key_unclear", `\`${name}\` has a key that only running it would tell`);
  const [one] = found;
  return one === undefined
    ? { kind: "none" }
    : { kind: "item", item: one.item, value: readLiteral(source, one.item.value) };
}

const mayHold = (literal: Literal, key: string): boolean =>
  literal.kind !== "dict" || literal.items.some(([name]) => name === key);

function refusal(
  source: PythonSource,
  node: PythonNode | undefined,
  code: "duplicate_key" | "spread" | "key_unclear",
  what: string,
): KeySearch {
  const line = source.lineOf(node?.from ?? 0);
  const fix = "Correct that by hand, then run this again.";
  return { kind: "refusal", refusal: { code, message: `${what} (line ${line})`, fix, line } };
}

/** The blanks before an offset when nothing else precedes it on its line; undefined otherwise. */
export function lineIndent(source: PythonSource, at: number): string | undefined {
  let from = at;
  while (isBlank(source.code[from - 1])) from -= 1;
  return from === 0 || isLineBreak(source.code[from - 1]) ? source.code.slice(from, at) : undefined;
}

export const isBlank = (character: string | undefined): boolean =>
  character === " " || character === "\t" || character === "\f";
