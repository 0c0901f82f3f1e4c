import type { ClusterView } from "../../apply/cluster-access.js";
import { copyNumber } from "../../cluster/copy-entry.js";
import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import type { EntryFindings } from "../drift/watch-drift.js";
import { isKeptOn, type KeptEntry } from "../kept-entries.js";
import { listOnNode } from "./list-on-node.js";
import type { ListedModel, ModelListing } from "./model-list-api.js";
import type { RowRole } from "./row-input.js";

/** Everything that the list is made of. */
export interface ModelListInput {
  readonly simulated: boolean;
  readonly view: ClusterView;
  /** Names of all enrolled nodes, whether they answer or not. */
  readonly members: readonly NodeName[];
  readonly kept: readonly KeptEntry[];
  readonly drift: readonly EntryFindings[];
  /** Names that clients use, by the id that exo runs the model by. */
  readonly servedAs: ReadonlyMap<string, readonly string[]>;
  readonly cards: "local" | "all";
}

/** Registry and files of every node, by model. */
export function listModels(input: ModelListInput): ModelListing {
  const { simulated, kept } = input;
  const isKept = new Set<string>(kept.map(({ entry }) => entry.modelId));
  const ids = [...modelIds(input)].toSorted();
  const ordered = [...ids.filter((id) => isKept.has(id)), ...ids.filter((id) => !isKept.has(id))];
  return { simulated, models: ordered.map((id) => listModel(id, input)), gaps: gapsIn(input) };
}

/** Nodes that have something to say: those with an agent, and those whose exo answers. */
const nodesIn = ({ registries, listed }: ClusterView): readonly NodeName[] =>
  [...new Set([...registries.keys(), ...listed.keys()])].toSorted();

function modelIds({ view, kept, cards, servedAs }: ModelListInput): ReadonlySet<string> {
  const reports = [...view.registries.values()];
  const listed = [...view.listed.values()].flat();
  return new Set<string>([
    ...reports.flatMap((report) => [...report.cards, ...report.models].map(({ modelId }) => modelId)),
    ...kept.flatMap(({ entry }) => [entry.modelId, entry.weightsOf]),
    ...servedAs.keys(),
    ...(cards === "all" ? listed.map(({ id }) => id) : []),
  ]);
}

function listModel(modelId: string, input: ModelListInput): ListedModel {
  const { view, kept, drift, servedAs } = input;
  return {
    modelId,
    servedAs: servedAs.get(modelId) ?? [],
    nodes: nodesIn(view).map((node) => {
      const here = kept.filter((one) => isKeptOn(one, node)).map(({ entry }) => entry);
      const entry = here.find((one) => one.modelId === modelId);
      const told = drift.find((one) => one.node === node && one.modelId === modelId);
      return listOnNode({ modelId, node, view, entry, role: roleOf(modelId, here), told });
    }),
  };
}

function roleOf(modelId: string, kept: readonly EntrySpec[]): RowRole {
  if (kept.some((entry) => entry.modelId === modelId)) return "entry";
  if (kept.some((entry) => entry.weightsOf === modelId)) return "weights";
  return kept.some((entry) => copyNumber(entry, modelId) !== undefined) ? "copy" : "none";
}

function gapsIn({ view, members }: ModelListInput): readonly string[] {
  const silent = members.filter((name) => !view.registries.has(name));
  const cut = [...view.registries].flatMap(([node, { leftOut }]) =>
    leftOut === undefined
      ? []
      : [`${node} has ${leftOut.cards} more cards and ${leftOut.models} more models than fit into a report`],
  );
  const deaf = view.inventory.nodes.filter(({ name }) => !view.listed.has(name)).map(({ name }) => name);
  return [
    ...silent.map((name) => `the agent on ${name} does not answer: its cards and files are not known`),
    ...deaf.map((name) => `exo on ${name} does not answer: what it lists is not known`),
    ...cut,
  ];
}
