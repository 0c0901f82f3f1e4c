import type { ClassicEntry } from "../../cluster/classic-entry.js";
import type { ClassicRefusal } from "../../cluster/classic-refusal.js";
import { cardShape, type Shape } from "./classic-entry.js";
import { dictParts, findKey } from "./dict-items.js";
import { findDict } from "./find-dict.js";
import { diffOfEdits } from "./line-diff.js";
import type { Literal } from "./literal.js";
import type { PythonSource } from "./python-source.js";
import { readModelsPy } from "./read-models-py.js";
import { type Refused, refused } from "./refusal.js";
import { addItem, replaceValue } from "./set-item.js";
import { applyEdits, inOrder, type TextEdit } from "./text-edit.js";

/** What became of `exo/models.py`, as data; nothing has been written. */
export type ModelsPyEdit =
  | { readonly kind: "unchanged" }
  | Edited
  /** The file says something else about this model; this is what replacing it would change. */
  | { readonly kind: "differs"; readonly diff: readonly string[] }
  | Refused;

export interface Edited {
  readonly kind: "edited";
  readonly change: "added" | "replaced";
  readonly text: string;
  readonly edits: readonly TextEdit[];
  readonly diff: readonly string[];
}

/** What one dict of the file needs so that it says what is wanted. */
type Need =
  | { readonly kind: "nothing" }
  | { readonly kind: "add" | "replace"; readonly edits: readonly TextEdit[] }
  | { readonly kind: "refusal"; readonly refusal: ClassicRefusal };

/**
 * Puts an entry into the text of exo 0.0.x's `models.py`: into `model_cards`, and its label into `pretty_name`, in the file's
 * own hand. Nothing else changes. The same entry again changes nothing.
 *
 * @param whenDifferent what to do when the file says something else about this model
 */
export function editModelsPy(
  text: string,
  entry: ClassicEntry,
  whenDifferent: "report" | "replace" = "report",
): ModelsPyEdit {
  const read = readModelsPy(text);
  if (read.kind === "refused") return read;
  const needs = [
    needOf(read.source, "model_cards", entry.id, cardShape(entry)),
    needOf(read.source, "pretty_name", entry.id, entry.label),
  ];
  const reasons = needs.flatMap((need) => (need.kind === "refusal" ? [need.refusal] : []));
  if (reasons.length > 0) return refused(...reasons);
  const wanted = needs.flatMap((need) => (need.kind === "add" || need.kind === "replace" ? need.edits : []));
  if (wanted.length === 0) return { kind: "unchanged" };
  const edits = inOrder(wanted.map((edit) => ofFile(read.source, text, edit)));
  const diff = diffOfEdits(text, edits);
  const isDifferent = needs.some((need) => need.kind === "replace");
  if (isDifferent && whenDifferent === "report") return { kind: "differs", diff };
  const after = applyEdits(text, edits);
  if (after === undefined || !says(after, entry)) return refused(selfCheck);
  return { kind: "edited", change: isDifferent ? "replaced" : "added", text: after, edits, diff };
}

const selfCheck: ClassicRefusal = {
  code: "self_check",
  message: "the edited text did not read back as it should",
  fix: "Write the entry by hand, and report this file.",
};

function needOf(source: PythonSource, name: string, key: string, wanted: Shape): Need {
  const found = findDict(source, name);
  if (found.kind === "refusal") return found;
  const search = findKey(source, name, dictParts(found.node), key);
  if (search.kind === "refusal") return search;
  if (search.kind === "none") return { kind: "add", edits: addItem(source, found.node, key, wanted) };
  if (isEqual(search.value, wanted)) return { kind: "nothing" };
  return { kind: "replace", edits: [replaceValue(source, found.node, search.item, wanted)] };
}

/** Whether a literal is exactly this value; the order of a dict's items does not count. */
function isEqual(literal: Literal, shape: Shape): boolean {
  if (typeof shape === "string") return literal.kind === "text" && literal.value === shape;
  if (typeof shape === "number") return literal.kind === "int" && literal.value === shape;
  if (literal.kind !== "dict" || literal.items.length !== shape.length) return false;
  return shape.every(([key, value]) => literal.items.some(([name, found]) => name === key && isEqual(found, value)));
}

/** Moves an edit of the code to the file that it was read from. */
function ofFile(source: PythonSource, text: string, { at, removed, inserted }: TextEdit): TextEdit {
  const from = source.toFile(at);
  const to = removed === "" ? from : source.toFile(at + removed.length);
  return { at: from, removed: text.slice(from, to), inserted };
}

/** Whether the text, read anew, has the entry and nothing to be done about it. */
function says(text: string, entry: ClassicEntry): boolean {
  const read = readModelsPy(text);
  if (read.kind === "refused") return false;
  const card = needOf(read.source, "model_cards", entry.id, cardShape(entry));
  return card.kind === "nothing" && needOf(read.source, "pretty_name", entry.id, entry.label).kind === "nothing";
}
