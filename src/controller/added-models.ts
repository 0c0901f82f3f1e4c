import type { AgentId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { ModelSpec } from "../models/model-spec.js";

/** A model whose entry shall be in exo's registry, whether or not it runs. One for each model id of an entry. */
export interface AddedModel {
  /** What people call it: a name of the catalogue, or `owner/name`. */
  readonly name: string;
  readonly entry: EntrySpec;
  /** Of a model that the catalogue does not have: what planning needs to know of it. */
  readonly spec?: ModelSpec;
  /** `all`: nodes that enrol later get it as well. */
  readonly nodes: "all" | readonly AgentId[];
  /** Milliseconds since the Unix epoch, of the first time. */
  readonly addedAt: number;
  readonly addedBy: string;
}

/** Whether the entry shall be on this node. */
export const isWantedOn = ({ nodes }: AddedModel, agent: AgentId): boolean => nodes === "all" || nodes.includes(agent);

const sameNodes = (left: AddedModel["nodes"], right: AddedModel["nodes"]): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

const sameModel = (left: AddedModel, right: AddedModel): boolean =>
  left.name === right.name &&
  JSON.stringify([left.entry, left.spec]) === JSON.stringify([right.entry, right.spec]) &&
  sameNodes(left.nodes, right.nodes);

const together = (left: AddedModel["nodes"], right: AddedModel["nodes"]): AddedModel["nodes"] =>
  left === "all" || right === "all" ? "all" : [...new Set([...left, ...right])].toSorted();

/**
 * The models once one more is wanted, or wanted on further nodes: the same list when that says nothing new. Facts of the entry
 * are the newest; when it was added first, and by whom, stays.
 */
export function withAdded(models: readonly AddedModel[], model: AddedModel): readonly AddedModel[] {
  const before = models.find(({ entry }) => entry.modelId === model.entry.modelId);
  if (before === undefined) return [...models, model];
  const { addedAt, addedBy } = before;
  const next = { ...model, addedAt, addedBy, nodes: together(before.nodes, model.nodes) };
  return sameModel(before, next) ? models : models.map((other) => (other === before ? next : other));
}

/**
 * The models once this one is no longer wanted on these nodes: the same list when it was not wanted there. One that was wanted
 * everywhere is from then on wanted on the other `members` alone, and on no node that enrols later.
 */
export function withoutAdded(
  models: readonly AddedModel[],
  modelId: string,
  from: AddedModel["nodes"],
  members: readonly AgentId[],
): readonly AddedModel[] {
  const before = models.find(({ entry }) => entry.modelId === modelId);
  if (before === undefined) return models;
  const others = models.filter((other) => other !== before);
  if (from === "all") return others;
  const left = (before.nodes === "all" ? members : before.nodes).filter((agent) => !from.includes(agent));
  if (left.length === 0) return others;
  if (before.nodes !== "all" && left.length === before.nodes.length) return models;
  return models.map((other) => (other === before ? { ...before, nodes: left.toSorted() } : other));
}
