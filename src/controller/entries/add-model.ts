import type { ClusterAccess, ClusterView } from "../../apply/cluster-access.js";
import { needsByNode } from "../../apply/registry-needs.js";
import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { describeDifference, listingDifferences } from "../../register/listing-differences.js";
import type { Clock } from "../../runtime/clock.js";
import type { Fleet, FleetNode } from "../fleet.js";
import type { ProgressLine } from "../progress-line.js";
import type { StateStore } from "../state-store.js";
import type { DescribeModel } from "./describe-model.js";
import type { AddedNode, AddModelRequest, AddModelSummary } from "./entries-api.js";
import { entryNodes, silentAgent, wordsOf } from "./entry-nodes.js";

export interface AddModelDeps {
  readonly access: ClusterAccess;
  readonly fleet: Fleet;
  readonly store: StateStore;
  readonly describeModel: DescribeModel;
  readonly clock: Clock;
}

type Report = (line: ProgressLine) => void;

/**
 * Remembers that the entry shall be there, writes it on every node, lets exo read it, and proves that exo lists it. A node
 * that could not be reached gets it when it is back.
 */
export async function addModel(
  deps: AddModelDeps,
  request: AddModelRequest,
  report: Report,
  signal: AbortSignal,
): Promise<AddModelSummary> {
  const { nodes, wanted } = entryNodes(deps.fleet, request.on);
  const { name, entry, spec, notes = [] } = await deps.describeModel(request, signal);
  for (const text of notes) report({ kind: "info", text });
  const summary = {
    model: name,
    entry: entry.modelId,
    weightsOf: entry.weightsOf,
    storageBytes: entry.storageBytes,
    mode: request.mode,
  };
  if (request.mode === "dry-run") {
    const view = await deps.access.observe(signal);
    return { ...summary, isNew: false, nodes: nodes.map((node) => foreseen(node, entry, view)) };
  }
  // First of all: what is remembered is mended later where it can't be done now.
  const change = await deps.store.addModel({
    name,
    entry,
    ...(spec === undefined ? {} : { spec }),
    nodes: wanted,
    addedAt: deps.clock.now(),
    addedBy: request.by,
  });
  const written = await Promise.all(nodes.map((node) => writeOn(deps.access, node, entry, report, signal)));
  const view = await deps.access.observe(signal);
  return { ...summary, isNew: change === "changed", nodes: written.map((node) => proven(node, entry, view)) };
}

const failed = (node: NodeName, problem: string): AddedNode => ({
  node,
  entry: "failed",
  weights: null,
  exo: null,
  problem,
});

async function writeOn(
  access: ClusterAccess,
  node: FleetNode,
  entry: EntrySpec,
  report: Report,
  signal: AbortSignal,
): Promise<AddedNode> {
  const { name } = node.member;
  if (node.link === undefined) return failed(name, silentAgent(node));
  const step = `entry ${entry.modelId} on ${name}`;
  report({ kind: "begin", text: step });
  try {
    const done = await node.link.ensureEntry(entry, signal);
    const exo = await rescan(access, name, entry, signal);
    report({ kind: "end", text: step, outcome: `${done.entry}, weights ${done.weights}` });
    return { node: name, ...done, ...exo };
  } catch (error) {
    signal.throwIfAborted();
    report({ kind: "end", text: step, outcome: `failed: ${wordsOf(error)}` });
    return failed(name, wordsOf(error));
  }
}

async function rescan(
  access: ClusterAccess,
  name: NodeName,
  { modelId }: EntrySpec,
  signal: AbortSignal,
): Promise<Pick<AddedNode, "exo" | "problem">> {
  const exo = access.exo(name);
  if (exo === undefined)
    return { exo: "does-not-answer", problem: "its exo can't be reached; it reads the entry when it starts" };
  try {
    if ((await exo.rescan(modelId, signal)) === "known") return { exo: "lists-it" };
    const problem = "exo does not list it, although it has read its cards again; its log may say why";
    return { exo: "does-not-list-it", problem };
  } catch (error) {
    signal.throwIfAborted();
    return { exo: "does-not-answer", problem: wordsOf(error) };
  }
}

/** The same with what exo lists: an exo that had read an older card goes on with that one. */
function proven(node: AddedNode, entry: EntrySpec, view: ClusterView): AddedNode {
  const listed = [...view.listed].find(([name]) => name === node.node)?.[1].find(({ id }) => id === entry.modelId);
  if (node.exo !== "lists-it" || listed === undefined) return node;
  const differences = listingDifferences(entry, listed).map(describeDifference);
  if (differences.length === 0) return node;
  const problem = `exo lists it with ${differences.join(", ")}: it has read another card before; restart exo there`;
  return { ...node, exo: "lists-other-numbers", problem };
}

function foreseen(node: FleetNode, entry: EntrySpec, view: ClusterView): AddedNode {
  const { name } = node.member;
  const registry = view.registries.get(name);
  const needs = registry && needsByNode(entry, view).get(name);
  if (registry === undefined || needs === undefined) return failed(name, silentAgent(node));
  const other = registry.cards.find((card) => !card.ours && card.modelId === entry.modelId);
  if (other !== undefined)
    return failed(name, `${other.path ?? "a card of somebody else"} defines ${entry.modelId} as well`);
  const lists = view.listed.get(name)?.some(({ id }) => id === entry.modelId);
  return {
    node: name,
    entry: needs.entry === "present" ? "present" : "absent",
    weights: needs.weights,
    exo: lists === undefined ? "does-not-answer" : lists ? "lists-it" : "does-not-list-it",
  };
}
