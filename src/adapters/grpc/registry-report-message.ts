import { z } from "zod";
import type { RegistryCard, RegistryReport, StoredModel } from "../../cluster/registry-report.js";
import type { RegistryReport as RegistryReportMessage } from "./generated/exoctl/agent/v1/RegistryReport.js";
import type { StoredModel as StoredModelMessage } from "./generated/exoctl/agent/v1/StoredModel.js";
import { wordOf } from "./report-messages.js";

const links = {
  none: "LINK_OWNER_UNSPECIFIED",
  ours: "LINK_OWNER_OURS",
  redirected: "LINK_OWNER_REDIRECTED",
  foreign: "LINK_OWNER_FOREIGN",
} as const;
const placed = {
  none: "PLACED_BY_UNSPECIFIED",
  sync: "PLACED_BY_SYNC",
  convert: "PLACED_BY_CONVERT",
  entry: "PLACED_BY_ENTRY",
  import: "PLACED_BY_IMPORT",
} as const;

const maxRows = 2_000;
/** Of cards, of models, and of local models: together below the largest message. */
const maxPartBytes = 300_000;
const maxPathBytes = 4_096;
/** Numbers, words and the frame around them, at most. */
const restOfRowBytes = 160;

/** As many rows, from the first, as have room. */
function fitting<T>(rows: readonly T[], textsOf: (row: T) => readonly (string | undefined)[]): readonly T[] {
  let used = 0;
  const end = rows.findIndex((row) => {
    used += textsOf(row).reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), restOfRowBytes);
    return used > maxPartBytes;
  });
  return rows.slice(0, Math.min(maxRows, end === -1 ? rows.length : end));
}

/** What exoctl wrote first, then what some card speaks of, then the rest. */
const rankOf = ({ modelId, link, placedBy }: StoredModel, withCard: ReadonlySet<string>): number => {
  if (link === "ours" || link === "redirected" || placedBy !== undefined) return 0;
  return withCard.has(modelId) ? 1 : 2;
};

const withPath = ({ path, ...card }: RegistryCard): RegistryCard =>
  path === undefined || Buffer.byteLength(path) > maxPathBytes ? card : { ...card, path };

const modelMessage = ({ link, placedBy, ...model }: StoredModel): StoredModelMessage => ({
  ...model,
  link: links[link ?? "none"],
  placedBy: placed[placedBy ?? "none"],
});

/** A report that could not be sent as one message is cut, and says by how much. */
export function registryReportMessage(report: RegistryReport): RegistryReportMessage {
  const cards = fitting(
    report.cards.map(withPath).toSorted((left, right) => Number(right.ours) - Number(left.ours)),
    ({ modelId, digest, path }) => [modelId, digest, path],
  );
  const withCard = new Set(report.cards.map((card) => card.modelId));
  const models = fitting(
    report.models.toSorted((left, right) => rankOf(left, withCard) - rankOf(right, withCard)),
    ({ modelId, linkTo }) => [modelId, linkTo],
  );
  return {
    cards: [...cards],
    models: models.map(modelMessage),
    localModels: [...fitting(report.localModels ?? [], ({ modelId }) => [modelId])],
    cardsLeftOut: report.cards.length - cards.length,
    modelsLeftOut: report.models.length - models.length,
  };
}

const text = z.string().max(4_096);
const count = z.number().int().nonnegative();

/** proto3 leaves out or nulls what is not set; our types have no such member then. */
const present = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined | null> } =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined && item !== null)) as never;

const wordOrNothing = <W extends string>(table: Readonly<Record<W | "none", string>>) =>
  wordOf(table).transform((word) => (word === "none" ? undefined : word));

const cardSchema = z
  .object({ modelId: text, ours: z.boolean(), digest: text, path: text.optional() })
  .transform((card) => present(card) as RegistryCard);

const modelSchema = z
  .object({
    modelId: text,
    complete: z.boolean(),
    linkTo: text.optional(),
    link: wordOrNothing(links),
    bytes: count.optional(),
    weightFiles: z.object({ present: count, named: count }).nullish(),
    placedBy: wordOrNothing(placed),
  })
  .transform((model) => present(model) as StoredModel);

const registrySchema = z
  .object({
    cards: z.array(cardSchema).max(maxRows),
    models: z.array(modelSchema).max(maxRows),
    localModels: z
      .array(z.object({ modelId: text, complete: z.boolean() }))
      .max(maxRows)
      .default([]),
    cardsLeftOut: count,
    modelsLeftOut: count,
  })
  .transform(({ cards, models, localModels, cardsLeftOut, modelsLeftOut }): RegistryReport => {
    const leftOut = { cards: cardsLeftOut, models: modelsLeftOut };
    return {
      cards,
      models,
      ...(localModels.length === 0 ? {} : { localModels }),
      ...(cardsLeftOut + modelsLeftOut === 0 ? {} : { leftOut }),
    };
  });

/** @throws ZodError when an agent answers something else than its contract says */
export const readRegistryReport = (message: unknown): RegistryReport => registrySchema.parse(message);
