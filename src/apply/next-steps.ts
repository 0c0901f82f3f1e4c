import type { NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import type { Problem } from "../runtime/problem.js";
import * as problems from "./apply-problems.js";
import type { ClusterView } from "./cluster-access.js";
import { instanceSpec, type NewUuid } from "./instance-spec.js";
import { type MatchedCopies, type MatchedCopy, matchCopies } from "./match-copies.js";
import { type EnsuredEntries, registrySteps } from "./registry-steps.js";
import type { Step } from "./steps.js";
import { type ApplyTarget, isOfTarget } from "./target.js";
import { nodesLacking, weightsSteps, weightsTrouble } from "./weights-steps.js";

/** What the view cannot show. */
export interface Known {
  /** Instances that have answered correctly. */
  readonly proven: ReadonlySet<string>;
  readonly ensured: EnsuredEntries;
  readonly newUuid: NewUuid;
}

/** What stands in the way, and whether that may pass by itself. */
interface Blocked {
  readonly kind: "blocked";
  readonly problem: Problem;
  readonly mayPass: "soon" | "never";
}

/** Steps in order; none when everything is as wanted. */
export type NextSteps = { readonly kind: "steps"; readonly steps: readonly Step[] } | Blocked;

const soon = (problem: Problem): Blocked => ({ kind: "blocked", problem, mayPass: "soon" });
const never = (problem: Problem): Blocked => ({ kind: "blocked", problem, mayPass: "never" });

/**
 * What has to be done to get from what is to what is wanted. Nothing is deleted before it is sure that every new copy can be
 * asked for, and nothing ever that is not this model's own. What is not in the way of a new copy goes on serving until
 * all wanted ones do.
 */
export function nextSteps(target: ApplyTarget, view: ClusterView, known: Known): NextSteps {
  const matched = matchedIn(target, view);
  const next = stepsFor(target, matched, view, known);
  if (next.kind === "steps") return next;
  // What is ready can be asked, and then serves, whatever stands in the way of the others.
  const proofs = matched.copies.flatMap((copy) =>
    copy.instance?.health.state === "ready" ? finishing(copy, copy.instance, view, known) : [],
  );
  return proofs.length > 0 ? { kind: "steps", steps: proofs } : next;
}

/** The wanted copies with the instances that run them. */
export const matchedIn = (target: ApplyTarget, { deployment }: ClusterView): MatchedCopies =>
  matchCopies(
    target,
    deployment.instances.filter((item) => item.owner === "ours" && isOfTarget(target, item.id)),
  );

function stepsFor(target: ApplyTarget, matched: MatchedCopies, view: ClusterView, known: Known): NextSteps {
  const { copies, surplus } = matched;
  if (target.entryMode === "builtin" && copies.length > 1) return never(problems.oneIdForCopies(copies.length));
  for (const copy of copies) {
    const trouble = troubleOf(target, copy, view);
    if (trouble !== undefined) return trouble;
  }
  const starts: Step[] = [];
  for (const copy of copies) {
    const steps = copy.instance === undefined ? creation(target, copy, view, known) : [];
    if ("kind" in steps) return steps;
    starts.push(...steps);
  }
  const missing = copies.filter(({ instance }) => instance === undefined);
  const inTheWay = surplus.filter((item) => isInTheWay(item, copies, missing));
  const short = missing.map((copy) => memoryShort(copy, view)).find((problem) => problem !== undefined);
  // exo counts all nodes together, so what is still to go makes room wherever it is.
  const first = short === undefined ? inTheWay : surplus;
  if (short !== undefined && first.length === 0) return soon(short);
  const steps = [
    ...preparations(target, copies, view, known),
    ...first.map(deletion),
    ...copies.flatMap((copy) => (copy.instance === undefined ? [] : finishing(copy, copy.instance, view, known))),
    ...starts,
    ...surplus.filter((item) => !first.includes(item)).map(deletion),
  ];
  return { kind: "steps", steps };
}

/** Weights where layers go, and with entries of our own these on every node. */
function preparations(target: ApplyTarget, copies: readonly MatchedCopy[], view: ClusterView, known: Known): Step[] {
  const lacking = lackingNodes(target, copies, view);
  const weights = weightsSteps(target, target.entry, lacking, view);
  return target.entryMode === "own"
    ? [...weights, ...registrySteps(copies, new Set(weights.length > 0 ? lacking : []), view, known.ensured)]
    : weights;
}

const lackingNodes = ({ entry }: ApplyTarget, copies: readonly MatchedCopy[], view: ClusterView): readonly NodeName[] =>
  nodesLacking(
    entry,
    copies.flatMap(({ copy }) => copy.stages.map(({ node }) => node)),
    view,
  );

/** What stands in the way of a copy. One that is ready needs no more than somebody to ask. */
function troubleOf(target: ApplyTarget, wanted: MatchedCopy, view: ClusterView): Blocked | undefined {
  const api = apiNode(wanted, view);
  if (api === undefined) return soon(problems.noExo());
  if (wanted.instance?.health.state === "ready") return undefined;
  const unready = firstUnready(target, wanted, view);
  if (unready !== undefined) return unready;
  const noWeights =
    wanted.instance === undefined
      ? weightsTrouble(target, target.entry, lackingNodes(target, [wanted], view), view)
      : undefined;
  if (noWeights !== undefined) return { kind: "blocked", ...noWeights };
  const rival = wanted.instance === undefined ? foreignRival(wanted.entry, view) : undefined;
  if (rival !== undefined) return never(problems.foreignRival(rival.id, rival.modelId));
  return listingTrouble(target, wanted.entry, view, api);
}

/** Requests under the copy's id would reach a foreign instance as well, and nobody can name one: ours must be the only one. */
const foreignRival = ({ modelId }: EntrySpec, view: ClusterView): DeployedInstance | undefined =>
  view.deployment.instances.find((item) => item.owner === "foreign" && item.modelId === modelId);

/** Whose API to use: rank 0's, else that of any other node of the copy. */
function apiNode({ copy }: MatchedCopy, view: ClusterView): NodeName | undefined {
  const reachable = new Set(
    view.inventory.nodes.flatMap((node) => (node.exo.value.address === undefined ? [] : [node.name])),
  );
  return copy.stages.map((stage) => stage.node).find((node) => reachable.has(node));
}

function firstUnready(target: ApplyTarget, { copy }: MatchedCopy, view: ClusterView): Blocked | undefined {
  for (const { node: name } of copy.stages) {
    const node = view.inventory.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) return soon(problems.nodeUnknown(name));
    if (node.notReady.length > 0) return soon(problems.nodeNotReady(name, node.notReady));
    if (target.entryMode === "own" && !view.registries.has(name)) return soon(problems.noRegistry(name));
  }
  return undefined;
}

/** exo must have told what it lists. Our own entry can be brought into the list; exo's built-in one is there or not. */
function listingTrouble(
  target: ApplyTarget,
  { modelId }: EntrySpec,
  view: ClusterView,
  api: NodeName,
): Blocked | undefined {
  const models = view.listed.get(api);
  if (models === undefined) return soon(problems.noExo());
  if (target.entryMode === "own" || models.some((model) => model.id === modelId)) return undefined;
  return never(problems.builtinNotListed(modelId, api));
}

/** What can't stay beside the wanted copies: what has failed, holds memory that a new one gets, or answers to one's id. */
function isInTheWay(item: DeployedInstance, copies: readonly MatchedCopy[], missing: readonly MatchedCopy[]): boolean {
  if (item.health.state === "failed" || copies.some(({ entry }) => entry.modelId === item.modelId)) return true;
  const needed = new Set(missing.flatMap(({ copy }) => copy.stages.map((stage) => stage.node)));
  return item.stages.some(({ node }) => node !== undefined && needed.has(node));
}

function deletion(instance: DeployedInstance): Step {
  const { health } = instance;
  const because = health.state === "failed" ? health.reason : "its placement is not the wanted one";
  return { action: "delete-instance", instanceId: instance.id, because };
}

function creation(target: ApplyTarget, wanted: MatchedCopy, view: ClusterView, known: Known): Step[] | Blocked {
  const created = instanceSpec(target, wanted, view, known.newUuid);
  const api = apiNode(wanted, view);
  switch (created.kind) {
    case "no-link":
      return soon(problems.noLink(created.from, created.to));
    case "no-rdma":
      return soon(problems.noRdma(created.from, created.to));
    case "no-exo-id":
      return soon(problems.nodeNotReady(created.node, ["exo's id of it is not known"]));
    case "spec": {
      if (api === undefined) return soon(problems.noExo());
      const { spec: instance } = created;
      const { instanceId } = instance;
      return [
        { action: "create-instance", node: api, instance },
        { action: "await-ready", instanceId },
        { action: "prove", node: api, instanceId },
      ];
    }
    default:
      return created satisfies never;
  }
}

function finishing(wanted: MatchedCopy, { id, health }: DeployedInstance, view: ClusterView, known: Known): Step[] {
  const api = apiNode(wanted, view);
  const prove: Step[] =
    known.proven.has(id) || api === undefined ? [] : [{ action: "prove", node: api, instanceId: id }];
  return health.state === "ready" ? prove : [{ action: "await-ready", instanceId: id }, ...prove];
}

/** exo refuses an instance when the size on the card of the asked node exceeds what is free on all nodes together. */
function memoryShort(wanted: MatchedCopy, view: ClusterView): Problem | undefined {
  const { modelId, storageBytes } = wanted.entry;
  const api = apiNode(wanted, view);
  const onCard = api && view.listed.get(api)?.find((model) => model.id === modelId)?.storageBytes;
  const neededBytes = onCard ?? storageBytes;
  const { freeBytesForExo, instances } = view.deployment;
  if (freeBytesForExo === undefined || neededBytes <= freeBytesForExo) return undefined;
  const foreign = instances.filter((instance) => instance.owner === "foreign");
  return problems.memoryShort(neededBytes, freeBytesForExo, foreign);
}
