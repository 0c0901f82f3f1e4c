import { createHash } from "node:crypto";
import type { ExoVariant } from "../../cluster/exo-variant.js";
import type { EntrySpec, RegistryReport, StoredModel } from "../../cluster/registry-report.js";
import type { ExoListedModel } from "../../inventory/exo-state.js";
import { renderCard, UnknownCardFieldError } from "../../register/render-card.js";

/** One way in which an entry on a node is not as it should be. */
export type Drift =
  | { readonly kind: "card-missing" | "card-differs" | "link-missing" | "weights-missing" | "not-listed" }
  /** A card of this id that exoctl did not write: exo takes the first that it finds. */
  | { readonly kind: "foreign-card"; readonly path?: string }
  /** @property to the model whose weights exo would load; absent when the link leads to none */
  | { readonly kind: "link-elsewhere"; readonly to?: string }
  /** Something that is not exoctl's stands where the link belongs. */
  | { readonly kind: "link-blocked"; readonly by: "folder" | "link" }
  /** exo read an earlier card, and reads a known one again only when it starts. */
  | { readonly kind: "size-differs"; readonly listedBytes: number };

/** What was seen of one node. */
export interface NodeRegistry {
  /** Of the exo that runs there; without it the right text of a card is not known. */
  readonly variant: ExoVariant | undefined;
  readonly registry: RegistryReport;
  /** What its exo lists; absent when it did not answer. */
  readonly listed: readonly ExoListedModel[] | undefined;
}

/** Who or what mends it: the agent writes, exo reads its cards again, or a person has to do something. */
export type Remedy = "write" | "rescan" | "by-hand";

export function remedyOf({ kind }: Drift): Remedy {
  switch (kind) {
    case "card-missing":
    case "card-differs":
    case "link-missing":
    case "link-elsewhere":
      return "write";
    case "not-listed":
      return "rescan";
    case "foreign-card":
    case "link-blocked":
    case "weights-missing":
    case "size-differs":
      return "by-hand";
    default:
      return kind satisfies never;
  }
}

/** Compares one entry with what a node has of it. Nothing is said about what could not be seen. */
export function compareEntry(entry: EntrySpec, node: NodeRegistry): readonly Drift[] {
  const card = cardDrift(entry, node);
  const listing = card.length === 0 ? listingDrift(entry, node.listed) : [];
  return [...card, ...weightsDrift(entry, node.registry), ...listing];
}

function cardDrift(entry: EntrySpec, { registry, variant }: NodeRegistry): readonly Drift[] {
  const cards = registry.cards.filter((card) => card.modelId === entry.modelId);
  const foreign = cards.find((card) => !card.ours);
  if (foreign !== undefined)
    return [{ kind: "foreign-card", ...(foreign.path === undefined ? {} : { path: foreign.path }) }];
  const [card] = cards;
  // A cut report begins with our own cards: what is not in it is not there.
  if (card === undefined) return [{ kind: "card-missing" }];
  const wanted = variant && digestFor(entry, variant);
  return wanted === undefined || card.digest === wanted ? [] : [{ kind: "card-differs" }];
}

/** Undefined for an exo that asks for more than we know: bringing the model up says so. */
function digestFor(entry: EntrySpec, variant: ExoVariant): string | undefined {
  try {
    return createHash("sha256").update(renderCard(entry, variant), "utf8").digest("hex");
  } catch (error) {
    if (error instanceof UnknownCardFieldError) return undefined;
    throw error;
  }
}

function weightsDrift(entry: EntrySpec, { models, leftOut }: RegistryReport): readonly Drift[] {
  const find = (id: string): StoredModel | undefined => models.find((model) => model.modelId === id);
  const [own, source] = [find(entry.modelId), find(entry.weightsOf)];
  const isCut = (leftOut?.models ?? 0) > 0;
  if (source?.complete !== true) return source === undefined && isCut ? [] : [{ kind: "weights-missing" }];
  if (entry.weightsOf === entry.modelId) return [];
  if (own === undefined) return isCut ? [] : [{ kind: "link-missing" }];
  if (own.link === undefined && own.linkTo === undefined)
    return own.complete ? [] : [{ kind: "link-blocked", by: "folder" }];
  const isLink = source.link !== undefined || source.linkTo !== undefined;
  if (own.complete && own.linkTo === (isLink ? source.linkTo : entry.weightsOf)) return [];
  if (own.link === "foreign") return [{ kind: "link-blocked", by: "link" }];
  return [{ kind: "link-elsewhere", ...(own.linkTo === undefined ? {} : { to: own.linkTo }) }];
}

/** exo lists sizes in whole MiB. */
const listedStepBytes = 1024 * 1024;

function listingDrift(entry: EntrySpec, listed: readonly ExoListedModel[] | undefined): readonly Drift[] {
  if (listed === undefined) return [];
  const model = listed.find(({ id }) => id === entry.modelId);
  if (model === undefined) return [{ kind: "not-listed" }];
  const { storageBytes } = model;
  if (storageBytes === undefined || Math.abs(storageBytes - entry.storageBytes) <= listedStepBytes) return [];
  return [{ kind: "size-differs", listedBytes: storageBytes }];
}
