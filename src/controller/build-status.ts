import type { ClusterView } from "../apply/cluster-access.js";
import { isFresh } from "../cluster/observed.js";
import type { DeployedStage } from "../inventory/deployment.js";
import { maxFactAgeMs } from "../inventory/exo-view.js";
import type { InventoryNode } from "../inventory/inventory.js";
import type { Stage } from "../plan/plan-result.js";
import type { ServingModel } from "../route/serving-model.js";
import type { FleetNode } from "./fleet.js";
import type { ModelRun } from "./model-run.js";
import { modelSpecOf } from "./plan-model.js";
import { instanceOf } from "./serving-models.js";
import type { ModelStatus, NodeState, NodeStatus, StageStatus, StatusReport } from "./status-report.js";

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
      ...(view?.deployment.problems ?? []),
      ...foreignInstances(view),
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

/** Enrolled, and not heard of since this controller started. */
const silentNode = ({ member, trouble }: FleetNode): NodeStatus => ({
  name: member.name,
  state: "unreachable",
  reasons: [trouble ?? "its agent has not answered yet"],
  chip: "",
  memoryBytes: 0,
  workingSetBytes: 0,
});

function modelStatus(run: ModelRun, serving: ServingModel | undefined, view: ClusterView | undefined): ModelStatus {
  const instance = view === undefined ? undefined : instanceOf(run, view);
  const evaluated = run.plan?.evaluation?.stages ?? [];
  const running = instance?.stages ?? [];
  const memoryOf = ({ node, layers }: DeployedStage): Stage | undefined =>
    evaluated.find(
      (stage) => stage.node === node && stage.startLayer === layers.start && stage.endLayer === layers.end,
    );
  // What was planned since, and does not run, says nothing about what runs.
  const isPlanned = running.length === evaluated.length && running.every((stage) => memoryOf(stage) !== undefined);
  const stages: StageStatus[] = running.map((stage) => {
    const { node, nodeId, rank, layers } = stage;
    const memory = memoryOf(stage);
    return { ...memory, node: node ?? nodeId, rank, startLayer: layers.start, endLayer: layers.end };
  });
  return {
    name: run.entry.name,
    state: serving?.state ?? "unavailable",
    reason: serving?.reason ?? null,
    instance: instance?.id ?? null,
    layers: modelSpecOf(run.entry).layers,
    stages,
    predicted: (isPlanned || running.length === 0 ? run.plan?.predicted : undefined) ?? null,
  };
}

function foreignInstances(view: ClusterView | undefined): string[] {
  return (view?.deployment.instances ?? [])
    .filter((instance) => instance.owner === "foreign")
    .map(
      (instance) =>
        `instance ${instance.id} of ${instance.modelId} was not made by this cluster's exoctl: it is left alone`,
    );
}
