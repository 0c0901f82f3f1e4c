import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "smol-toml";
import { builtinCards } from "./builtin-cards.js";
import type { ModelCard } from "./exo-types.js";
import { modelCardCheck } from "./model-card-schema.js";
import { folderNameOf, type ModelFiles } from "./model-files.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";
import { markFloats } from "./strict-schema.js";

/** One node's registry: the cards it knows, filled on first use, and the rules by which it looks again. */
export interface CardCache {
  /** Fills an empty cache; never looks again. */
  list(): Promise<readonly ModelCard[]>;
  /** Looks again when the id is unknown; then tries local files, then Hugging Face, which a simulation does not have. */
  load(modelId: string): Promise<ModelCard>;
  /** A card made from the model's own files. @throws when they are not there. */
  fetch(modelId: string): Promise<ModelCard>;
  known(modelId: string): ModelCard | undefined;
  /** Whether exo takes a card for one that was added: 1.0.68 by the name of its file, later ones by its folder. */
  isCustom(modelId: string): Promise<boolean>;
  add(card: ModelCard): void;
  /** Writes the card under its canonical file name. */
  save(card: ModelCard): Promise<void>;
  /** Deletes the card's canonical file; forgets the card only if that file was there. */
  drop(modelId: string): Promise<void>;
}

async function tomlFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.name.endsWith(".toml") && !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** A card file that does not fit the variant is skipped without a word. */
async function readCard(file: string, variant: SimulatedVariant): Promise<ModelCard | undefined> {
  try {
    const document = markFloats(parse(await readFile(file, "utf8"), { integersAsBigInt: true }));
    const checked = modelCardCheck(variant)(document, []);
    if (!checked.ok) return undefined;
    const card = checked.value as ModelCard;
    return since(variant, "1.0.69") ? { ...card, isCustom: true } : card;
  } catch {
    return undefined;
  }
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As exo saves cards: snake_case, without nulls. */
function tomlValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tomlValue);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [snakeCase(key), tomlValue(item)]));
}

/** Opens the registry of one node. Nothing is read before it is used. */
export function createCardCache(options: {
  readonly folder: string;
  readonly variant: SimulatedVariant;
  readonly files: ModelFiles;
}): CardCache {
  const { folder, variant } = options;
  const cache = new Map<string, ModelCard>();
  const canonical = (modelId: string): string => join(folder, `${folderNameOf(modelId)}.toml`);

  const refresh = async (): Promise<void> => {
    for (const card of builtinCards(variant)) if (!cache.has(card.modelId)) cache.set(card.modelId, card);
    for (const file of await tomlFiles(folder)) {
      const card = await readCard(file, variant);
      if (card !== undefined && !cache.has(card.modelId)) cache.set(card.modelId, card);
    }
  };
  const save = async (card: ModelCard): Promise<void> => {
    const { isCustom: _isCustom, ...rest } = card;
    await mkdir(folder, { recursive: true });
    await writeFile(canonical(card.modelId), stringify(tomlValue(rest) as Record<string, unknown>));
  };
  const fetch = async (modelId: string): Promise<ModelCard> => options.files.describe(modelId, variant);

  return {
    async list() {
      if (cache.size === 0) await refresh();
      return [...cache.values()];
    },
    async load(modelId) {
      if (!cache.has(modelId)) await refresh();
      const known = cache.get(modelId);
      if (known !== undefined) return known;
      const card = await fetch(modelId);
      await save(card);
      cache.set(modelId, card);
      return card;
    },
    fetch,
    known: (modelId) => cache.get(modelId),
    isCustom: (modelId) =>
      variant === "1.0.68" ? isThere(canonical(modelId)) : Promise.resolve(cache.get(modelId)?.isCustom === true),
    add: (card) => void cache.set(card.modelId, card),
    save,
    async drop(modelId) {
      if (!(await isThere(canonical(modelId)))) return;
      await rm(canonical(modelId));
      cache.delete(modelId);
    },
  };
}
