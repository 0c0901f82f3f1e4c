import { createHash } from "node:crypto";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import type { ExoVariant } from "../../src/cluster/exo-variant.js";
import { nodeName } from "../../src/cluster/names.js";
import type { RegistryCard, RegistryReport, StoredModel } from "../../src/cluster/registry-report.js";
import type { ExoListedModel } from "../../src/inventory/exo-state.js";
import { renderCard } from "../../src/register/render-card.js";
import { aClusterView } from "./controller-house.js";
import { variant71 } from "./exo-fixtures.js";
import { anEntry } from "./registry-entries.js";

export const keptEntry = anEntry();

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Our card of the entry as its agent reports it. */
export const aCard = (change: Partial<RegistryCard> = {}, variant: ExoVariant = variant71): RegistryCard => ({
  modelId: keptEntry.modelId,
  ours: true,
  digest: digestOf(renderCard(keptEntry, variant)),
  path: "/cards/exoctl/one.exoctl.toml",
  ...change,
});

export const aLinkedFolder = (change: Partial<StoredModel> = {}): StoredModel => ({
  modelId: keptEntry.modelId,
  complete: true,
  linkTo: keptEntry.weightsOf,
  link: "ours",
  bytes: 2_000_000_000,
  weightFiles: { present: 2, named: 2 },
  ...change,
});

export const theWeights = (change: Partial<StoredModel> = {}): StoredModel => ({
  modelId: keptEntry.weightsOf,
  complete: true,
  bytes: 2_000_000_000,
  weightFiles: { present: 2, named: 2 },
  ...change,
});

/** A registry in which the entry is as it should be; `change` makes it otherwise. */
export const aRegistry = (change: Partial<RegistryReport> = {}): RegistryReport => ({
  cards: [aCard()],
  models: [aLinkedFolder(), theWeights()],
  ...change,
});

/** What exo lists when it has read the entry. */
export const aListing = (change: Partial<ExoListedModel> = {}): readonly ExoListedModel[] => [
  { id: keptEntry.weightsOf, storageBytes: 70_652_212_224 },
  { id: keptEntry.modelId, storageBytes: keptEntry.storageBytes, ...change },
];

/** A view of these nodes with their registries, seen at a moment. */
export function aRegistryView(
  registries: Readonly<Record<string, RegistryReport>>,
  at: number,
  listings: Readonly<Record<string, readonly ExoListedModel[]>> = {},
  names: readonly string[] = Object.keys(registries),
): ClusterView {
  const view = aClusterView(names);
  return {
    ...view,
    inventory: { ...view.inventory, at },
    registries: new Map(Object.entries(registries).map(([name, registry]) => [nodeName(name), registry])),
    listed: new Map(names.map((name) => [nodeName(name), listings[name] ?? aListing()])),
  };
}
