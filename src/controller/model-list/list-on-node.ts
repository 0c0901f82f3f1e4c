import type { RegistryCard, RegistryReport, StoredModel } from "../../cluster/registry-report.js";
import { compareEntry } from "../drift/compare-entry.js";
import type { CardState, ListedFiles, ListedOnNode } from "./model-list-api.js";
import { rowFindings } from "./row-findings.js";
import type { RowInput } from "./row-input.js";

export function listOnNode(input: RowInput): ListedOnNode {
  const { modelId, node, view } = input;
  const report = view.registries.get(node);
  const listing = view.listed.get(node);
  const listed = listing?.find(({ id }) => id === modelId);
  const exo = listing === undefined ? "unknown" : listed === undefined ? "not-listed" : "listed";
  const row = {
    node,
    card: cardState(input, report, exo),
    exo,
    listedBytes: listed?.storageBytes ?? null,
    files: listedFiles(modelId, report),
  } as const;
  return { ...row, findings: rowFindings(row, input) };
}

function cardState(
  { modelId, node, view, entry }: RowInput,
  report: RegistryReport | undefined,
  exo: ListedOnNode["exo"],
): CardState {
  if (report === undefined) return "unknown";
  const cards = report.cards.filter((card) => card.modelId === modelId);
  const [card] = oursFirst(cards);
  if (card === undefined) return exo === "listed" ? "built-in" : exo === "unknown" ? "unknown" : "none";
  if (!card.ours) return "other";
  if (entry === undefined) return "ours";
  const { variant } = view.inventory.nodes.find(({ name }) => name === node)?.exo.value ?? {};
  const drifts = compareEntry(entry, { variant, registry: report, listed: undefined });
  return drifts.some(({ kind }) => kind === "card-differs") ? "changed" : "ours";
}

const oursFirst = (cards: readonly RegistryCard[]): readonly RegistryCard[] =>
  cards.toSorted((left, right) => Number(right.ours) - Number(left.ours));

function listedFiles(modelId: string, report: RegistryReport | undefined): ListedFiles {
  const model = report?.models.find((stored) => stored.modelId === modelId);
  const isCut = (report?.leftOut?.models ?? 0) > 0;
  if (model === undefined) return { ...nothing, state: report === undefined || isCut ? "unknown" : "none" };
  const { weightFiles, bytes, linkTo } = model;
  return {
    state: model.complete ? "complete" : (bytes ?? 0) > 0 ? "partial" : "none",
    present: weightFiles?.present ?? null,
    named: weightFiles?.named ?? null,
    bytes: bytes ?? null,
    from: originOf(model),
    linkTo: linkTo ?? null,
  };
}

const nothing = { present: null, named: null, bytes: null, from: null, linkTo: null } as const;

function originOf({ link, linkTo, placedBy, bytes }: StoredModel): ListedFiles["from"] {
  if (link !== undefined || linkTo !== undefined) return "link";
  return placedBy ?? ((bytes ?? 0) > 0 ? "other" : null);
}
