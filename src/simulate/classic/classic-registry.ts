import { engineClasses } from "../../register/classic/classic-entry.js";
import { type DictItem, dictParts } from "../../register/classic/dict-items.js";
import { findDict } from "../../register/classic/find-dict.js";
import type { Literal } from "../../register/classic/literal.js";
import { readLiteral } from "../../register/classic/python-literal.js";
import type { PythonSource } from "../../register/classic/python-source.js";
import { readModelsPy } from "../../register/classic/read-models-py.js";

/** One model of the registry. */
export interface ClassicCard {
  readonly id: string;
  readonly layers: number;
  /** Repository by engine class. */
  readonly repos: ReadonlyMap<string, string>;
  readonly prettyName?: string;
}

/** In the order of the file. */
export type ClassicCards = ReadonlyMap<string, ClassicCard>;

/** The class of the one engine that the simulation has. */
export const engineClass = engineClasses.dummy;

/** exo's own entry for its dummy engine. */
export const dummyCard: ClassicCard = { id: "dummy", layers: 8, repos: new Map([[engineClass, "dummy"]]) };

/** The models that this engine can run, in order. */
export const supportedIds = (cards: ClassicCards): readonly string[] =>
  [...cards.values()].filter((card) => card.repos.has(engineClass)).map((card) => card.id);

/**
 * Every entry of a node's `exo/models.py`, read once as exo imports it once.
 *
 * @throws TypeError for a file that exo could not import either, or that only running it would tell
 */
export function readClassicCards(text: string): ClassicCards {
  const read = readModelsPy(text);
  if (read.kind === "refused") throw new TypeError(read.reasons.map((reason) => reason.message).join("; "));
  const names = new Map(itemsOf(read.source, "pretty_name").map(([id, value]) => [id, value] as const));
  return new Map(itemsOf(read.source, "model_cards").map(([id, value]) => [id, cardOf(id, value, names.get(id))]));
}

function itemsOf(source: PythonSource, name: string): readonly (readonly [string, Literal])[] {
  const found = findDict(source, name);
  if (found.kind === "refusal") throw new TypeError(found.refusal.message);
  return dictParts(found.node).items.map(({ key, value }: DictItem) => {
    const id = readLiteral(source, key);
    if (id.kind !== "text") throw new TypeError(`\`${name}\` has a key that is no text`);
    return [id.value, readLiteral(source, value)] as const;
  });
}

function cardOf(id: string, value: Literal, name: Literal | undefined): ClassicCard {
  const item = (key: string): Literal | undefined =>
    value.kind === "dict" ? value.items.find(([own]) => own === key)?.[1] : undefined;
  const [layers, repo] = [item("layers"), item("repo")];
  const repos = repo?.kind === "dict" ? repo.items : [];
  return {
    id,
    layers: layers?.kind === "int" ? layers.value : 0,
    repos: new Map(repos.flatMap(([engine, text]) => (text.kind === "text" ? [[engine, text.value] as const] : []))),
    ...(name?.kind === "text" ? { prettyName: name.value } : {}),
  };
}
