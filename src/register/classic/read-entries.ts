import { type ClassicEntry, classicEngines } from "../../cluster/classic-entry.js";
import { engineClasses } from "./classic-entry.js";
import { dictParts, findKey } from "./dict-items.js";
import { findDict } from "./find-dict.js";
import type { Literal } from "./literal.js";
import type { PythonSource } from "./python-source.js";
import { readModelsPy } from "./read-models-py.js";
import type { Refused } from "./refusal.js";

export type ReadEntries = { readonly kind: "entries"; readonly entries: readonly ClassicEntry[] } | Refused;

/**
 * What the text of `models.py` says about these models. One that is not there, or that is written in a way that only running it
 * would tell, is left out.
 */
export function readEntries(text: string, ids: readonly string[]): ReadEntries {
  const read = readModelsPy(text);
  if (read.kind === "refused") return read;
  const entries = ids.map((id) => entryIn(read.source, id)).filter((entry) => entry !== undefined);
  return { kind: "entries", entries };
}

function entryIn(source: PythonSource, id: string): ClassicEntry | undefined {
  const card = valueIn(source, "model_cards", id);
  const layers = itemOf(card, "layers");
  const repo = itemOf(card, "repo");
  if (layers?.kind !== "int" || repo?.kind !== "dict") return undefined;
  const [only, ...others] = repo.items;
  const engine = classicEngines.find((name) => engineClasses[name] === only?.[0]);
  if (engine === undefined || only?.[1].kind !== "text" || others.length > 0) return undefined;
  const label = valueIn(source, "pretty_name", id);
  return {
    id,
    layers: layers.value,
    engine,
    repo: only[1].value,
    label: label?.kind === "text" ? label.value : "",
  };
}

function valueIn(source: PythonSource, name: string, key: string): Literal | undefined {
  const found = findDict(source, name);
  if (found.kind === "refusal") return undefined;
  const search = findKey(source, name, dictParts(found.node), key);
  return search.kind === "item" ? search.value : undefined;
}

const itemOf = (literal: Literal | undefined, key: string): Literal | undefined =>
  literal?.kind === "dict" ? literal.items.find(([name]) => name === key)?.[1] : undefined;
