import type { ClusterView } from "../apply/cluster-access.js";
import { isFresh } from "../cluster/observed.js";
import { pinWords } from "../cluster/pin-words.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import { maxFactAgeMs } from "../inventory/exo-view.js";
import type { InventoryNode } from "../inventory/inventory.js";
import type { ServingModel } from "../route/serving-model.js";
import { describeBuiltInFinding, findingsOfRun } from "./built-in-findings.js";
import type { EntryFindings } from "./drift/watch-drift.js";
import type { FleetNode } from "./fleet.js";
import type { ModelRun } from "./model-run.js";
import { isPlanOf } from "./plan-model.js";
import { type RegistryFinding, timeText } from "./registry-finding.js";
import { instancesOf, serves, waitingFor } from "./serving-models.js";
import { isWaiting, type Member } from "./state-store.js";
import type { CopyStatus, ModelStatus, NodeState, NodeStatus, StageStatus, StatusReport } from "./status-report.js";
import { vocabularyProblems } from "./vocabulary-problems.js";

/** Everything that a status is made of. */
export interface StatusInput {
  readonly simulated: boolean;
  readonly cluster: string;
  readonly generation: number;
  readonly gateway: string;
  readonly now: number;
  readonly view: ClusterView | undefined;
  readonly fleet: readonly FleetNode[];
  readonly runs: readonly ModelRun[];
  readonly serving: readonly ServingModel[];
  readonly drift: readonly EntryFindings[];
}

/** What is, for people and programs. */
export function buildStatus(input: StatusInput): StatusReport {
  const { simulated, cluster, generation, gateway, view } = input;
  const known = (view?.inventory.nodes ?? []).map((node) => nodeStatus(node, input.now));
  const silent = input.fleet.filter(({ member }) => !known.some((node) => node.name === member.name));
  return {
    simulated,
    cluster,
    generation,
    gateway,
    nodes: [...known, ...silent.map(silentNode)],
    models: input.runs.map((run, index) => modelStatus(run, input.serving[index], view)),
    problems: [
      ...input.runs.flatMap(({ entry, trouble }) =>
        trouble === undefined ? [] : [`${entry.name}: ${trouble.message}`],
      ),
      ...(view === undefined ? [] : input.runs.flatMap((run) => builtInProblems(run, view))),
      ...input.drift.flatMap(({ node, wrong }) => wrong.map((finding) => registryProblem(node, finding))),
      ...(view?.deployment.problems ?? []),
      ...foreignInstances(view),
      ...vocabularyProblems(input.fleet, input.runs, view),
    ],
  };
}

function nodeStatus(node: InventoryNode, now: number): NodeStatus {
  const fresh = isFresh(node.exo, now, maxFactAgeMs);
  const state = (): NodeState => {
    if (!fresh) return "unreachable";
    if (node.cordoned) return "cordoned";
    return node.notReady.length === 0 ? "ready" : "not-ready";
  };
  return {
    name: node.name,
    state: state(),
    reasons: node.notReady,
    chip: node.hardware.value.chip,
    memoryBytes: node.hardware.value.memoryBytes,
    workingSetBytes: node.memory.value.workingSetBytes,
  };
}

/** Enrolled, and not approved, or not heard of since this controller started. */
function silentNode({ member, trouble, report }: FleetNode): NodeStatus {
  const facts = {
    name: member.name,
    chip: report?.value.hardware.chip ?? "",
    memoryBytes: report?.value.hardware.memoryBytes ?? 0,
    workingSetBytes: report?.value.memory.workingSetBytes ?? 0,
  };
  if (isWaiting(member)) return { ...facts, state: "waiting", reasons: [waitsFor(member)] };
  return { ...facts, state: "unreachable", reasons: [trouble ?? "its agent has not answered yet"] };
}

const waitsFor = ({ name, pin }: Member): string =>
  `it waits for approval: if its agent printed the words "${pinWords(pin)}", exoctl nodes approve ${name}`;

function modelStatus(run: ModelRun, serving: ServingModel | undefined, view: ClusterView | undefined): ModelStatus {
  const copies = (view === undefined ? [] : instancesOf(run, view)).map((instance) => copyStatus(run, instance));
  const [first] = copies;
  // What was planned since, and does not run, says nothing about what runs.
  const isPlanned = copies.every((copy) => copy.predictedTokensPerSec !== null);
  return {
    name: run.entry.name,
    state: serving?.state ?? "unavailable",
    reason: serving?.reason ?? null,
    instance: first?.instance ?? null,
    layers: run.model?.spec.layers ?? 0,
    stages: first?.stages ?? [],
    copies,
    predicted: (isPlanned ? run.plan?.predicted : undefined) ?? null,
  };
}

function copyStatus(run: ModelRun, instance: DeployedInstance): CopyStatus {
  const planned = run.plan?.copies.find((copy) => isPlanOf(copy, instance))?.evaluation;
  return {
    instance: instance.id,
    modelId: instance.modelId,
    ...(serves(run, instance) ? { state: "ready", reason: null } : waitingFor(instance)),
    sharding: instance.sharding,
    stages: instance.stages.map(({ node, nodeId, rank, layers }): StageStatus => {
      const memory = planned?.stages.find((stage) => stage.node === node);
      return { ...memory, node: node ?? nodeId, rank, startLayer: layers.start, endLayer: layers.end };
    }),
    predictedTokensPerSec: planned === undefined ? null : 1 / planned.latencySec,
  };
}

const builtInProblems = ({ entry, model }: ModelRun, view: ClusterView): readonly string[] =>
  model === undefined
    ? []
    : findingsOfRun(entry, model.entry, view).map((finding) => `${entry.name}: ${describeBuiltInFinding(finding)}`);

function registryProblem(node: string, { message, fix, since }: RegistryFinding): string {
  const when = since === undefined ? "" : ` (since ${timeText(since)})`;
  return `${node}: ${message}${when}${fix === undefined ? "" : `; ${fix}`}`;
}

function foreignInstances(view: ClusterView | undefined): string[] {
  return (view?.deployment.instances ?? [])
    .filter((instance) => instance.owner === "foreign")
    .map(
      (instance) =>
        `instance ${instance.id} of ${instance.modelId} was not made by this cluster's exoctl: it is left alone`,
    );
}
