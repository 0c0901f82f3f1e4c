import { createHash } from "node:crypto";
import type { ClusterAccess, ClusterView } from "../../src/apply/cluster-access.js";
import type { ExoControl, InstanceSpec, ProofAnswer } from "../../src/apply/exo-control.js";
import type { WeightsCopier } from "../../src/apply/weights-copier.js";
import { exoNodeId, type NodeName, nodeName } from "../../src/cluster/names.js";
import type { EntryOutcome, EntrySpec } from "../../src/cluster/registry-report.js";
import { type AgentLink, AgentUnreachableError } from "../../src/inventory/agent-link.js";
import { buildInventory } from "../../src/inventory/build-inventory.js";
import { buildDeployment } from "../../src/inventory/deployment.js";
import type { ExoDownload, ExoInstance, RunnerState } from "../../src/inventory/exo-state.js";
import { renderCard } from "../../src/register/render-card.js";
import type { Clock } from "../../src/runtime/clock.js";
import { variant71 } from "./exo-fixtures.js";
import { anAgent, anObservation, aPeer, aView, now as startOfTime } from "./inventory-builders.js";

const GIB = 1024 ** 3;

/** One instance as the fake exo runs it. */
export interface FakeInstance {
  readonly id: string;
  readonly modelId: string;
  readonly nodes: readonly string[];
  /** Ends of the layer ranges, by rank. */
  readonly ends: readonly number[];
  /** A pipeline over the ring unless told otherwise; `tensor` is over RDMA, with all layers on each node. */
  readonly sharding?: "tensor";
  /** Looks until it is ready; `never` stays in the state given. */
  phase: RunnerState | "advancing";
  age: number;
}

export interface FakeNode {
  card?: string;
  /** Weights of the built-in model are complete. */
  weights: boolean;
  /** What exo has left of a download. */
  partBytes?: number;
  linked: boolean;
  listed: boolean;
  agent: boolean;
  /** Entries of further copies, by their id; of these the links to the weights are always there. */
  readonly copies: Map<string, { readonly card: string; listed: boolean }>;
  /** Bytes a running download brings per look; 0 stalls. */
  download?: { done: number; total: number; state: "ongoing" | "completed" | "failed" };
}

/** What can be made to go wrong. */
export interface Faults {
  /** Commands that exo accepts and forgets, before it carries one out. */
  lostCommands?: number;
  /** How new instances behave. */
  newInstances?: RunnerState | "advancing";
  answer?: string;
  proveError?: Error;
  createError?: Error;
  downloadStep?: number;
  rescan?: "unknown";
  /** Copies between nodes fail, or are not seen by the agents afterwards. */
  copies?: Error | "unseen";
  /** Instances of these ids fail at once, those of the others behave as said above. */
  failing?: (modelId: string) => boolean;
  /** Nodes whose exo starts no runner until it is started again. */
  stuck?: readonly string[];
  /** Commands to start exo whose answers get lost. */
  lostStarts?: number;
  /** Nodes with RDMA between each other. */
  rdma?: readonly string[];
  freeBytes?: number;
}

export interface FakeCluster extends ClusterAccess {
  readonly clock: Clock;
  readonly copier: WeightsCopier;
  readonly nodes: Map<string, FakeNode>;
  instances: FakeInstance[];
  readonly log: string[];
  readonly faults: Faults;
}

/** Life of a runner, one stage a look. */
const life: readonly RunnerState[] = [
  "absent",
  "idle",
  "connecting",
  "connected",
  "loading",
  "loading",
  "loaded",
  "warming-up",
];

/** A cluster in memory, driven by its own clock: every look and every sleep moves it on. */
export function fakeCluster(names: readonly string[], entry: EntrySpec, faults: Faults = {}): FakeCluster {
  let time = startOfTime;
  const cluster: FakeCluster = {
    clock: {
      now: () => time,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        time += ms;
      },
    },
    copier: {
      copy: async ({ to, from }, note) => {
        cluster.log.push(`copy to ${to.join(", ")}${from === undefined ? "" : ` from ${from}`}`);
        note("half of it");
        if (faults.copies instanceof Error) throw faults.copies;
        if (faults.copies === undefined)
          for (const name of to) Object.assign(cluster.nodes.get(name) ?? {}, { weights: true });
        return "copied";
      },
    },
    nodes: new Map(
      names.map((name) => [name, { weights: true, linked: false, listed: false, agent: true, copies: new Map() }]),
    ),
    instances: [],
    log: [],
    faults,
    observe: async (signal) => {
      signal.throwIfAborted();
      advance(cluster);
      return look(cluster, names, entry, time);
    },
    agent: (name) => (cluster.nodes.get(name)?.agent === true ? fakeAgent(cluster, name, entry) : undefined),
    exo: (name) => (cluster.nodes.has(name) ? fakeExo(cluster, name) : undefined),
  };
  return cluster;
}

function advance(cluster: FakeCluster): void {
  for (const instance of cluster.instances) instance.age += 1;
  for (const node of cluster.nodes.values()) {
    const { download } = node;
    if (download?.state !== "ongoing") continue;
    download.done = Math.min(download.total, download.done + (cluster.faults.downloadStep ?? 30 * GIB));
    if (download.done < download.total) continue;
    download.state = "completed";
    node.weights = true;
  }
}

function runnerOf(instance: FakeInstance): RunnerState {
  return instance.phase === "advancing" ? (life[instance.age] ?? "ready") : instance.phase;
}

function toExo(instance: FakeInstance, stuck: readonly string[] = []): ExoInstance {
  return {
    id: instance.id,
    modelId: instance.modelId,
    transport: instance.sharding === "tensor" ? "jaccl" : "ring",
    sharding: instance.sharding ?? "pipeline",
    modelLayers: 36,
    ports: [50_000],
    shards: instance.nodes.map((name, rank) => ({
      nodeId: exoNodeId(`exo-of-${name}`),
      runnerId: `${instance.id}-${rank}`,
      rank,
      layers: {
        start: instance.sharding === "tensor" ? 0 : (instance.ends[rank - 1] ?? 0),
        end: instance.ends[rank] ?? 36,
      },
      runner:
        stuck.length === 0 || instance.phase === "ready"
          ? runnerOf(instance)
          : stuck.includes(name)
            ? "absent"
            : "idle",
    })),
  };
}

function look(cluster: FakeCluster, names: readonly string[], entry: EntrySpec, time: number): ClusterView {
  const late = time - startOfTime;
  const peers = names.map((name) =>
    aPeer(name, {
      lastSeenAt: time,
      ramAvailableBytes: cluster.faults.freeBytes === undefined ? 50 * GIB : cluster.faults.freeBytes / names.length,
    }),
  );
  const ids = new Map(peers.map((peer) => [peer.id as string, peer.friendlyName ?? ""]));
  const edges = peers.flatMap((from) =>
    peers.flatMap((to, index) =>
      from === to ? [] : [{ kind: "socket" as const, from: from.id, to: to.id, ip: `192.168.1.${index + 1}` }],
    ),
  );
  const rdma = cluster.faults.rdma ?? [];
  const rdmaEdges = rdma.flatMap((from) =>
    rdma
      .filter((to) => to !== from)
      .map((to) => ({
        kind: "rdma" as const,
        from: exoNodeId(`exo-of-${from}`),
        to: exoNodeId(`exo-of-${to}`),
        sourceInterface: `rdma_to_${to}`,
        sinkInterface: `rdma_to_${from}`,
      })),
  );
  const observation = anObservation(names, {
    peers,
    edges: [...edges, ...rdmaEdges],
    instances: cluster.instances.map((instance) => toExo(instance, cluster.faults.stuck)),
    downloads: [...cluster.nodes].flatMap(([name, node]): ExoDownload[] =>
      node.download === undefined
        ? []
        : [
            {
              nodeId: exoNodeId(`exo-of-${name}`),
              modelId: entry.weightsOf,
              state: node.download.state,
              downloadedBytes: node.download.done,
              totalBytes: node.download.total,
            },
          ],
    ),
  });
  const views = names.map((name) =>
    aView(name, observation, { observation: { value: observation, at: time, from: "exo" } }),
  );
  const withAgents = names.filter((name) => cluster.nodes.get(name)?.agent);
  const agents = withAgents.map((name) => anAgent(name, { ageMs: -late }));
  const { inventory } = buildInventory({ now: time, agents, views });
  const nameOf = (id: string) => (ids.has(id) ? nodeName(ids.get(id) ?? "") : undefined);
  return {
    inventory,
    deployment: buildDeployment({ now: time, clusterId: "lab", views, nameOf }),
    registries: new Map(withAgents.map((name) => [nodeName(name), registryOf(cluster, name, entry)])),
    listed: new Map(
      [...cluster.nodes].map(([name, node]) => [
        nodeName(name),
        [
          { id: entry.weightsOf, storageBytes: 70_652_212_224 },
          ...(node.listed ? [{ id: entry.modelId, storageBytes: entry.storageBytes }] : []),
          ...[...node.copies].flatMap(([id, { listed }]) => (listed ? [{ id, storageBytes: entry.storageBytes }] : [])),
        ],
      ]),
    ),
  };
}

function registryOf(cluster: FakeCluster, name: string, entry: EntrySpec) {
  const node = cluster.nodes.get(name);
  return {
    cards: [
      ...(node?.card === undefined ? [] : [{ modelId: entry.modelId, ours: true, digest: digest(node.card) }]),
      ...[...(node?.copies ?? [])].map(([modelId, { card }]) => ({ modelId, ours: true, digest: digest(card) })),
    ],
    models: [
      ...[...(node?.copies.keys() ?? [])].map((modelId) => ({ modelId, complete: true, linkTo: entry.weightsOf })),
      { modelId: entry.weightsOf, complete: node?.weights === true, bytes: node?.partBytes ?? 0 },
      ...(node?.linked === true ? [{ modelId: entry.modelId, complete: node.weights, linkTo: entry.weightsOf }] : []),
    ],
  };
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

function fakeAgent(cluster: FakeCluster, name: NodeName, entry: EntrySpec): AgentLink {
  const refuse = (): never => {
    throw new Error("apply has no business with this call");
  };
  return {
    describe: refuse,
    takeLease: refuse,
    removeEntry: refuse,
    describeRegistry: refuse,
    inspectModel: refuse,
    classic: { describe: refuse, add: refuse, remove: refuse },
    classicExo: { describe: refuse, configure: refuse },
    sync: { look: refuse, makeManifest: refuse, share: refuse, fetch: refuse },
    convert: { check: refuse, convert: refuse, cancel: refuse },
    controllerKey: { announce: refuse, confirm: refuse },
    removal: { find: refuse, removeFiles: refuse, leaveForgetNote: refuse, clearForgetNote: refuse },
    startExo: async () => {
      cluster.log.push(`start exo on ${name}`);
      cluster.faults.lostStarts = (cluster.faults.lostStarts ?? 0) - 1;
      if (cluster.faults.lostStarts >= 0) throw new AgentUnreachableError("agent_unreachable", "no answer");
      cluster.faults.stuck = cluster.faults.stuck?.filter((stuck) => stuck !== name) ?? [];
    },
    stopExo: async () => void cluster.log.push(`stop exo on ${name}`),
    close: refuse,
    ensureEntry: async (spec): Promise<EntryOutcome> => {
      cluster.log.push(`ensure ${name}`);
      const node = cluster.nodes.get(name);
      if (node === undefined) return refuse();
      const card = renderCard(spec, variant71);
      if (spec.modelId !== entry.modelId) {
        node.copies.set(spec.modelId, { card, listed: false });
        return { entry: "created", weights: "linked" };
      }
      const outcome = node.card === card ? "unchanged" : node.card === undefined ? "created" : "replaced";
      node.card = card;
      if (!node.weights) return { entry: outcome, weights: "missing" };
      const weights = node.linked ? "already-linked" : "linked";
      node.linked = true;
      return { entry: outcome, weights };
    },
  };
}

function fakeExo(cluster: FakeCluster, name: NodeName): ExoControl {
  const { faults, log } = cluster;
  /** Whether exo forgets this command, as it does while it elects a master. */
  const lost = (): boolean => {
    if ((faults.lostCommands ?? 0) <= 0) return false;
    faults.lostCommands = (faults.lostCommands ?? 0) - 1;
    return true;
  };
  return {
    createInstance: async (spec) => {
      log.push(`create ${spec.instanceId}`);
      if (faults.createError !== undefined) throw faults.createError;
      if (lost() || cluster.instances.some((instance) => instance.id === spec.instanceId)) return;
      const fails = faults.failing?.(spec.model.modelId) === true;
      cluster.instances.push(newInstance(spec, fails ? "failed" : (faults.newInstances ?? "advancing")));
    },
    deleteInstance: async (id) => {
      log.push(`delete ${id}`);
      if (!lost()) cluster.instances = cluster.instances.filter((instance) => instance.id !== id);
    },
    rescan: async (modelId) => {
      log.push(`rescan ${name}`);
      const node = cluster.nodes.get(name);
      const copy = node?.copies.get(modelId);
      if (copy !== undefined) {
        copy.listed = true;
        return "known";
      }
      if (faults.rescan === "unknown" || node?.card === undefined) return "unknown";
      node.listed = true;
      return "known";
    },
    startDownload: async (id, model) => {
      log.push(`download ${model.modelId} on ${id}`);
      const node = cluster.nodes.get(id.replace("exo-of-", ""));
      if (node !== undefined) node.download = { done: 0, total: 70 * GIB, state: "ongoing" };
    },
    forget: async () => {
      throw new Error("apply has no business with this call");
    },
    prove: async (modelId): Promise<ProofAnswer> => {
      log.push(`prove ${modelId}`);
      if (faults.proveError !== undefined) throw faults.proveError;
      return { text: faults.answer ?? "Paris.", model: modelId, finishReason: "stop", firstTokenMs: 12 };
    },
  };
}

const newInstance = (spec: InstanceSpec, phase: FakeInstance["phase"]): FakeInstance => ({
  id: spec.instanceId,
  modelId: spec.model.modelId,
  nodes: spec.shards.map((shard) => shard.nodeId.replace("exo-of-", "")),
  ends: spec.shards.map((shard) => shard.layers.end),
  ...(spec.sharding === "tensor" ? { sharding: spec.sharding } : {}),
  phase,
  age: -1,
});
