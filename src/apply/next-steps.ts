import type { NodeName } from "../cluster/names.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import type { Problem } from "../runtime/problem.js";
import * as problems from "./apply-problems.js";
import type { ClusterView } from "./cluster-access.js";
import { instanceSpec, type NewUuid } from "./instance-spec.js";
import { needsByNode } from "./registry-needs.js";
import type { Step } from "./steps.js";
import { type ApplyTarget, entryToRun, isOfTarget } from "./target.js";

/** What the view cannot show. */
export interface Known {
  /** Instances that have answered correctly. */
  readonly proven: ReadonlySet<string>;
  /** Nodes whose agent has just said that entry and weights are as they should be. */
  readonly ensured: ReadonlySet<NodeName>;
  readonly newUuid: NewUuid;
}

/** Steps in order; none when everything is as wanted. `blocked`: what stands in the way, and whether that may pass by itself. */
export type NextSteps =
  | { readonly kind: "steps"; readonly steps: readonly Step[] }
  | { readonly kind: "blocked"; readonly problem: Problem; readonly mayPass: "soon" | "never" };

const soon = (problem: Problem): NextSteps => ({ kind: "blocked", problem, mayPass: "soon" });
const never = (problem: Problem): NextSteps => ({ kind: "blocked", problem, mayPass: "never" });

/**
 * What has to be done to get from what is to what is wanted. Nothing is deleted before it is sure that the new placement
 * can be asked for, and nothing ever that is not this model's own.
 */
export function nextSteps(target: ApplyTarget, view: ClusterView, known: Known): NextSteps {
  const own = view.deployment.instances.filter((item) => item.owner === "ours" && isOfTarget(target, item.id));
  const keep = instanceToKeep(target, own);
  const api = apiNode(target, view);
  if (api === undefined) return soon(problems.noExo());
  const unready = firstUnready(target, view);
  if (keep?.health.state !== "ready" && unready !== undefined) return unready;
  const rival = keep === undefined ? foreignRival(target, view) : undefined;
  if (rival !== undefined) return never(problems.foreignRival(rival.id, rival.modelId));
  const unlisted = keep?.health.state === "ready" ? undefined : listingTrouble(target, view, api);
  if (unlisted !== undefined) return unlisted;

  const prepare = target.entryMode === "own" ? registrySteps(target, view, known) : [];
  const deletions = own.filter((item) => item !== keep).map((item) => deletion(item));
  if (keep !== undefined) {
    return { kind: "steps", steps: [...prepare, ...deletions, ...finishing(keep, api, known)] };
  }
  const created = instanceSpec(target, view, known.newUuid);
  if (created.kind === "no-link") return soon(problems.noLink(created.from, created.to));
  if (created.kind === "no-exo-id") return soon(problems.nodeNotReady(created.node, ["exo's id of it is not known"]));
  const short = deletions.length === 0 ? memoryShort(target, view, api) : undefined;
  if (short !== undefined) return soon(short);
  const { instanceId } = created.spec;
  const create: Step[] = [
    { action: "create-instance", node: api, instance: created.spec },
    { action: "await-ready", instanceId },
    { action: "prove", node: api, instanceId },
  ];
  return { kind: "steps", steps: [...prepare, ...deletions, ...create] };
}

/** The instance of ours that is what is wanted: a ready one rather than a starting one, then the first by id. */
function instanceToKeep(target: ApplyTarget, own: readonly DeployedInstance[]): DeployedInstance | undefined {
  const fitting = own.filter((item) => item.health.state !== "failed" && isPlacedAs(target, item));
  return fitting.find((item) => item.health.state === "ready") ?? fitting[0];
}

/** exo spreads requests for a model over all its instances, and nobody can name one: ours must be the only one of its id. */
function foreignRival(target: ApplyTarget, view: ClusterView): DeployedInstance | undefined {
  const { modelId } = entryToRun(target);
  return view.deployment.instances.find((item) => item.owner === "foreign" && item.modelId === modelId);
}

/** Whether an instance runs the wanted model with the wanted layers on the wanted nodes, rank by rank. */
export function isPlacedAs(target: ApplyTarget, instance: DeployedInstance): boolean {
  if (instance.modelId !== entryToRun(target).modelId || instance.transport !== "ring") return false;
  if (instance.sharding !== "pipeline" || instance.stages.length !== target.stages.length) return false;
  return target.stages.every(({ node, layers }, rank) => {
    const stage = instance.stages[rank];
    return stage?.node === node && stage.layers.start === layers.start && stage.layers.end === layers.end;
  });
}

/** Whose API to use: rank 0's, else that of any other node of the plan. */
function apiNode(target: ApplyTarget, view: ClusterView): NodeName | undefined {
  const reachable = new Set(
    view.inventory.nodes.flatMap((node) => (node.exo.value.address === undefined ? [] : [node.name])),
  );
  return target.stages.map((stage) => stage.node).find((node) => reachable.has(node));
}

function firstUnready(target: ApplyTarget, view: ClusterView): NextSteps | undefined {
  for (const { node: name } of target.stages) {
    const node = view.inventory.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) return soon(problems.nodeUnknown(name));
    if (node.notReady.length > 0) return soon(problems.nodeNotReady(name, node.notReady));
    if (target.entryMode === "own" && !view.registries.has(name)) return soon(problems.noRegistry(name));
  }
  return undefined;
}

/** exo must have told what it lists. Our own entry can be brought into the list; exo's built-in one is there or not. */
function listingTrouble(target: ApplyTarget, view: ClusterView, api: NodeName): NextSteps | undefined {
  const { modelId } = entryToRun(target);
  const models = view.listed.get(api);
  if (models === undefined) return soon(problems.noExo());
  if (target.entryMode === "own" || models.some((model) => model.id === modelId)) return undefined;
  return never(problems.builtinNotListed(modelId, api));
}

/** Weights on the nodes of the plan, entry and listing on every node with an agent: any of them may be asked one day. */
function registrySteps(target: ApplyTarget, view: ClusterView, known: Known): Step[] {
  const needs = [...needsByNode(target, view)];
  const staged = new Set(target.stages.map((stage) => stage.node));
  const downloads = needs
    .filter(([node, need]) => need.weights === "missing" && staged.has(node))
    .map(([node]) => node);
  const entries = needs
    .filter(([node, need]) => downloads.includes(node) || (need.entry === "missing" && !known.ensured.has(node)))
    .map(([node]) => node);
  const unlisted = [...view.listed]
    .filter(([node, models]) => view.registries.has(node) && !models.some((model) => model.id === target.entry.modelId))
    .map(([node]) => node);
  return [
    ...downloads.map((node): Step => ({ action: "download-weights", node })),
    ...entries.map((node): Step => ({ action: "ensure-entry", node })),
    ...unlisted.map((node): Step => ({ action: "rescan", node })),
  ];
}

function deletion(instance: DeployedInstance): Step {
  const { health } = instance;
  const because = health.state === "failed" ? health.reason : "its placement is not the wanted one";
  return { action: "delete-instance", instanceId: instance.id, because };
}

function finishing(keep: DeployedInstance, api: NodeName, known: Known): Step[] {
  const prove: Step[] = known.proven.has(keep.id) ? [] : [{ action: "prove", node: api, instanceId: keep.id }];
  return keep.health.state === "ready" ? prove : [{ action: "await-ready", instanceId: keep.id }, ...prove];
}

/** exo refuses an instance when the size on the card of the asked node exceeds what is free on all nodes together. */
function memoryShort(target: ApplyTarget, view: ClusterView, api: NodeName): Problem | undefined {
  const { modelId, storageBytes } = entryToRun(target);
  const onCard = view.listed.get(api)?.find((model) => model.id === modelId)?.storageBytes;
  const neededBytes = onCard ?? storageBytes;
  const { freeBytesForExo, instances } = view.deployment;
  if (freeBytesForExo === undefined || neededBytes <= freeBytesForExo) return undefined;
  const foreign = instances.filter((instance) => instance.owner === "foreign");
  return problems.memoryShort(neededBytes, freeBytesForExo, foreign);
}
