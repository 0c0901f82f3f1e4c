import type { Shape } from "./classic-entry.js";
import { type DictItem, type DictParts, dictParts, isBlank, lineIndent } from "./dict-items.js";
import { baseIndent, type DictLayout, isFilledDict, readLayout } from "./dict-layout.js";
import { isLineBreak, type PythonNode, type PythonSource } from "./python-source.js";
import { renderItem, renderValue } from "./render-value.js";
import type { TextEdit } from "./text-edit.js";

/** Replaces the value of an item, written as the old one was where that was a dict. */
export function replaceValue(source: PythonSource, node: PythonNode, item: DictItem, value: Shape): TextEdit {
  const { from, to } = item.value;
  const dict = readLayout(source, node);
  const layout = isFilledDict(item.value) ? readLayout(source, item.value) : (dict.inner ?? dict);
  const place = { indent: baseIndent(source, from), lineBreak: source.lineBreakAt(from) };
  return { at: from, removed: source.code.slice(from, to), inserted: renderValue(value, layout, place) };
}

/** Adds an item behind the last one of a dict, the way its neighbours are written. Nothing is removed. */
export function addItem(source: PythonSource, node: PythonNode, key: string, value: Shape): readonly TextEdit[] {
  const dict = dictParts(node);
  const layout = layoutForNew(source, node, dict);
  const { lastEnd } = dict;
  if (lastEnd === undefined) return [addFirst(source, dict, key, value, layout)];
  const end = dict.trailingComma?.to ?? lastEnd;
  const comma: readonly TextEdit[] = dict.trailingComma === undefined ? [insert(lastEnd, ",")] : [];
  const lineBreak = source.lineBreakAt(end);
  if (layout.lines === "one") {
    const item = renderItem(key, value, layout, { indent: baseIndent(source, end), lineBreak });
    return merge([...comma, insert(end, layout.comma.slice(1) + item + layout.trailing)]);
  }
  const indent = indentOf(source, dict, node);
  const item = renderItem(key, value, layout, { indent, lineBreak });
  return merge([...comma, insert(restOfLine(source, end) ?? end, lineBreak + indent + item + layout.trailing)]);
}

function addFirst(source: PythonSource, dict: DictParts, key: string, value: Shape, layout: DictLayout): TextEdit {
  const at = dict.open.to;
  const base = baseIndent(source, dict.open.from);
  const lineBreak = source.lineBreakAt(at);
  const end = restOfLine(source, at);
  if (layout.lines === "one" || end === undefined)
    return insert(at, renderItem(key, value, { ...layout, lines: "one" }, { indent: base, lineBreak }));
  const indent = base + layout.step;
  return insert(end, `${lineBreak}${indent}${renderItem(key, value, layout, { indent, lineBreak })},`);
}

/** The dict's own layout, with the last of its items that is a dict as the model for a new one. */
function layoutForNew(source: PythonSource, node: PythonNode, dict: DictParts): DictLayout {
  const layout = readLayout(source, node);
  const model = dict.items.findLast(({ value }) => isFilledDict(value));
  return model === undefined ? layout : { ...layout, inner: readLayout(source, model.value) };
}

function indentOf(source: PythonSource, dict: DictParts, node: PythonNode): string {
  const indents = dict.items.map(({ key }) => lineIndent(source, key.from)).filter((indent) => indent !== undefined);
  return indents.at(-1) ?? `${baseIndent(source, node.from)}  `;
}

const insert = (at: number, inserted: string): TextEdit => ({ at, removed: "", inserted });

/** Two insertions at one place are one. */
function merge(edits: readonly TextEdit[]): readonly TextEdit[] {
  const [first, second] = edits;
  if (first === undefined || second === undefined || first.at !== second.at) return edits;
  return [insert(first.at, first.inserted + second.inserted)];
}

/** The end of the line, when nothing but blanks and a comment stands before it. */
function restOfLine(source: PythonSource, from: number): number | undefined {
  let at = from;
  while (isBlank(source.code[at])) at += 1;
  if (source.code[at] === "#") while (at < source.code.length && !isLineBreak(source.code[at])) at += 1;
  return isLineBreak(source.code[at]) ? at : undefined;
}
