import type { LayerRange } from "../cluster/layer-range.js";
import type { ExoNodeId, NodeName } from "../cluster/names.js";
import { type ExoInstance, type ExoShard, mostCreations } from "./exo-state.js";
import { currentViews, type ExoView } from "./exo-view.js";
import { type InstanceHealth, instanceHealth } from "./instance-health.js";

/** One shard of a running instance, by node name. */
export interface DeployedStage {
  /** Absent when the node is not in the inventory: exo's id of it is from before a restart, or it is gone. */
  readonly node?: NodeName;
  readonly nodeId: ExoNodeId;
  readonly rank: number;
  readonly layers: LayerRange;
  readonly runner: ExoShard["runner"];
  readonly progress?: NonNullable<ExoShard["progress"]>;
  readonly error?: string;
  /** How often its node has created a runner for it, where exo tells. */
  readonly creations?: number;
}

export interface DeployedInstance {
  readonly id: string;
  readonly modelId: string;
  /** By the prefix of its id. Foreign ones are shown and counted, never touched. */
  readonly owner: "ours" | "foreign";
  readonly transport: ExoInstance["transport"];
  readonly sharding: NonNullable<ExoInstance["sharding"]> | "unknown";
  readonly ports: readonly number[];
  /** By rank; empty when exo's answer was not understood. */
  readonly stages: readonly DeployedStage[];
  readonly health: InstanceHealth;
}

/** A model being fetched, or fetched, on a node. */
export interface DeployedDownload {
  readonly node: NodeName;
  readonly modelId: string;
  readonly state: "pending" | "ongoing" | "completed" | "failed" | "unknown";
  readonly downloadedBytes?: number;
  readonly totalBytes?: number;
  readonly error?: string;
}

/** What exo runs now, all views put together. */
export interface Deployment {
  readonly at: number;
  /** By id. */
  readonly instances: readonly DeployedInstance[];
  readonly downloads: readonly DeployedDownload[];
  /** What exo counts as free on all nodes together, by the most complete view: its only check of memory. */
  readonly freeBytesForExo?: number;
  /** What was not understood of exo's answers. */
  readonly problems: readonly string[];
}

export interface DeploymentInput {
  readonly now: number;
  readonly clusterId: string;
  readonly views: readonly ExoView[];
  readonly nameOf: (id: ExoNodeId) => NodeName | undefined;
}

/** What an instance's id begins with when it is ours. */
export const instancePrefix = (clusterId: string): string => `exoctl-${clusterId}-`;

/**
 * Compares what several exos say is running. An instance is as healthy as the worst current view of it, and a node of it
 * whose own exo does not list it makes it `unknown`.
 */
export function buildDeployment(input: DeploymentInput): Deployment {
  const { now, views } = input;
  const current = currentViews(views, now);
  const ids = new Set(current.flatMap((view) => view.observation.value.instances.map((instance) => instance.id)));
  const free = current.map(freeBytes);
  const instances = [...ids].toSorted().flatMap((id) => deployedInstance(id, current, input));
  return {
    at: now,
    instances,
    downloads: deployedDownloads(current, input),
    ...(free.length === 0 ? {} : { freeBytesForExo: Math.max(...free) }),
    problems: [...new Set(current.flatMap((view) => view.observation.value.problems)), ...instances.flatMap(fragile)],
  };
}

/** From this creation on a runner that has been created again and again is worth a word. */
const worthAWord = 3;

/** What is in store for an instance whose runners have crashed: exo gives it up without a word. */
function fragile({ id, stages }: DeployedInstance): string[] {
  return stages.flatMap(({ node, nodeId, creations = 0 }) =>
    creations < worthAWord
      ? []
      : [
          `exo on ${node ?? nodeId} has started its runner of instance ${id} ${creations} times; from 1.0.70 on, exo deletes ` +
            `the instance when one that was started ${mostCreations} times fails: see exo's log there`,
        ],
  );
}

function deployedInstance(id: string, views: readonly ExoView[], input: DeploymentInput): DeployedInstance[] {
  const seen = views.flatMap((view) => {
    const instance = view.observation.value.instances.find((candidate) => candidate.id === id);
    return instance === undefined ? [] : [{ instance, health: instanceHealth(instance, view) }];
  });
  const worst = seen.toSorted((left, right) => rankOf(left.health) - rankOf(right.health))[0];
  if (worst === undefined) return [];
  const { instance } = worst;
  const silent = views.find((view) => isMember(instance, view) && !lists(view, id));
  return [
    {
      id,
      modelId: instance.modelId,
      owner: id.startsWith(instancePrefix(input.clusterId)) ? "ours" : "foreign",
      transport: instance.transport,
      sharding: instance.sharding ?? "unknown",
      ports: instance.ports ?? [],
      stages: instance.shards.map((shard) => deployedStage(shard, input)),
      health: silent === undefined ? worst.health : notListed(silent, input),
    },
  ];
}

const order: readonly (InstanceHealth["state"] | InstanceHealthPhase)[] = [
  "failed",
  "unknown",
  "preparing",
  "connecting",
  "connected",
  "loading",
  "loaded",
  "warming-up",
  "ready",
];
type InstanceHealthPhase = Extract<InstanceHealth, { state: "starting" }>["phase"];

/** The lower, the worse. */
const rankOf = (health: InstanceHealth): number =>
  order.indexOf(health.state === "starting" ? health.phase : health.state);

const isMember = (instance: ExoInstance, view: ExoView): boolean =>
  instance.shards.some((shard) => shard.nodeId === view.nodeId);

const lists = (view: ExoView, id: string): boolean =>
  view.observation.value.instances.some((instance) => instance.id === id);

const notListed = (view: ExoView, input: DeploymentInput): InstanceHealth => ({
  state: "unknown",
  reason: `exo on ${input.nameOf(view.nodeId) ?? view.address.host}, which is part of it, does not list it`,
});

function deployedStage(shard: ExoShard, input: DeploymentInput): DeployedStage {
  const node = input.nameOf(shard.nodeId);
  return { ...shard, ...(node === undefined ? {} : { node }) };
}

/** One line per node and model; the newest view wins. */
function deployedDownloads(views: readonly ExoView[], input: DeploymentInput): DeployedDownload[] {
  const lines = new Map<string, DeployedDownload>();
  for (const view of views.toSorted((left, right) => left.observation.at - right.observation.at)) {
    for (const { nodeId, ...download } of view.observation.value.downloads) {
      const node = input.nameOf(nodeId);
      if (node !== undefined) lines.set(JSON.stringify([node, download.modelId]), { node, ...download });
    }
  }
  return [...lines].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, download]) => download);
}

/** exo adds up every node that it has figures of. */
const freeBytes = (view: ExoView): number =>
  view.observation.value.peers.reduce((sum, peer) => sum + (peer.ramAvailableBytes ?? 0), 0);
