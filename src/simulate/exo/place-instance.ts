import { randomInt, randomUUID } from "node:crypto";
import { edgesBetween } from "./edit-topology.js";
import type { ExoStateDocument } from "./exo-state.js";
import {
  bodyOf,
  type Instance,
  type ModelCard,
  type RingHost,
  type TaggedDownload,
  type TaggedInstance,
  type TaggedShard,
  tagged,
  tagOf,
} from "./exo-types.js";
import { type Cycle, cyclesOfLength } from "./topology-cycles.js";

/** What exo's own placement is asked for. */
export interface PlacementRequest {
  readonly modelCard: ModelCard;
  readonly sharding: "Pipeline" | "Tensor";
  readonly instanceMeta: "MlxRing" | "MlxJaccl";
  readonly minNodes: number;
  /** Nodes that must take part; empty for none. */
  readonly requiredNodes: readonly string[];
}

const fits = (cycle: Cycle, state: ExoStateDocument, bytes: number): boolean =>
  cycle.every((node) => state.nodeMemory[node] !== undefined) && memoryOf(cycle, state) >= bytes;

const memoryOf = (cycle: Cycle, state: ExoStateDocument): number =>
  cycle.reduce((sum, node) => sum + (state.nodeMemory[node]?.ramAvailable.inBytes ?? 0), 0);

function downloadedShare(download: TaggedDownload | undefined): number {
  if (download === undefined) return 0;
  const tag = tagOf(download);
  if (tag === "DownloadCompleted") return 1;
  const progress = bodyOf(download).downloadProgress as
    | { readonly downloaded: { readonly inBytes: number }; readonly total: { readonly inBytes: number } }
    | undefined;
  return tag === "DownloadOngoing" && progress !== undefined && progress.total.inBytes > 0
    ? progress.downloaded.inBytes / progress.total.inBytes
    : 0;
}

const downloadScore = (cycle: Cycle, state: ExoStateDocument, modelId: string): number =>
  cycle.reduce(
    (sum, node) =>
      sum +
      downloadedShare(
        state.downloads[node]?.find((known) => bodyOf(bodyOf(known).shardMetadata).modelCard.modelId === modelId),
      ),
    0,
  );

const hasRdma = (state: ExoStateDocument, source: string, sink: string): boolean =>
  edgesBetween(state.topology, source, sink).some((edge) => "sourceRdmaIface" in edge);

const isRdmaCycle = (cycle: Cycle, state: ExoStateDocument): boolean =>
  cycle.every((source) =>
    cycle.every(
      (sink) =>
        edgesBetween(state.topology, source, sink).length === 0 || source === sink || hasRdma(state, source, sink),
    ),
  );

/** exo's candidates: the cycles of the smallest size that hold the model. @throws RangeError with exo's own sentence. */
function smallestCycles(request: PlacementRequest, state: ExoStateDocument): readonly Cycle[] {
  const { modelCard: card, sharding } = request;
  // Before 1.0.69 cards say nothing of heads, and any split will do.
  const heads = card.numKeyValueHeads ?? null;
  let roomy = false;
  for (let size = Math.max(1, request.minNodes); size <= state.topology.nodes.length; size += 1) {
    const cycles = cyclesOfLength(state.topology, size)
      .filter((cycle) => request.requiredNodes.every((node) => cycle.includes(node)))
      .filter((cycle) => fits(cycle, state, card.storageSize.inBytes));
    if (cycles.length === 0) continue;
    roomy = true;
    const splits = card.supportsTensor && card.hiddenSize % size === 0 && (heads === null || heads % size === 0);
    if (sharding === "Pipeline" || splits) return cycles;
    if (!card.supportsTensor)
      throw new RangeError(
        `Requested Tensor sharding but this model does not support tensor parallelism: ${card.modelId}`,
      );
  }
  if (!roomy) throw new RangeError("No cycles found with sufficient memory");
  const suffix = heads === null ? "" : `, num_key_value_heads=${heads}`;
  throw new RangeError(
    `No tensor sharding found for model with hidden_size=${card.hiddenSize}${suffix} across candidate cycles`,
  );
}

function chooseCycle(request: PlacementRequest, state: ExoStateDocument): Cycle {
  let cycles = smallestCycles(request, state);
  if (request.instanceMeta === "MlxJaccl") {
    cycles = cycles.filter((cycle) => isRdmaCycle(cycle, state));
    if (cycles.length === 0) throw new RangeError("Requested RDMA (MlxJaccl) but no RDMA-connected cycles available");
  }
  const isLeaf = (node: string): boolean => Object.keys(state.topology.connections[node] ?? {}).length <= 1;
  const withLeaf = cycles.filter((cycle) => cycle.some(isLeaf));
  const score = (cycle: Cycle): readonly [number, number] => [
    downloadScore(cycle, state, request.modelCard.modelId),
    memoryOf(cycle, state),
  ];
  return (withLeaf.length > 0 ? withLeaf : cycles).reduce((best, cycle) => {
    const [downloads, memory] = score(cycle);
    const [bestDownloads, bestMemory] = score(best);
    return downloads > bestDownloads || (downloads === bestDownloads && memory > bestMemory) ? cycle : best;
  });
}

/** Layers in proportion to free memory: floor, then largest remainders, at least one each. */
export function layersByMemory(layers: number, memory: readonly number[]): readonly number[] {
  const total = memory.reduce((sum, bytes) => sum + bytes, 0);
  const raw = memory.map((bytes) => (bytes / total) * layers);
  const result = raw.map(Math.floor);
  const byRemainder = raw.map((value, at) => [value - Math.floor(value), at] as const).toSorted((a, b) => b[0] - a[0]);
  const missing = layers - result.reduce((sum, count) => sum + count, 0);
  for (const [, at] of byRemainder.slice(0, missing)) result[at] = (result[at] ?? 0) + 1;
  for (const [at, count] of result.entries()) {
    if (count > 0) continue;
    const largest = result.indexOf(Math.max(...result));
    result[largest] = (result[largest] ?? 0) - 1;
    result[at] = 1;
  }
  return result;
}

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);

function pipelineShards(card: ModelCard, cycle: Cycle, state: ExoStateDocument): TaggedShard[] {
  const memory: readonly number[] = cycle.map((node) => state.nodeMemory[node]?.ramAvailable.inBytes ?? 0);
  if (card.nLayers < cycle.length) throw new RangeError("Cannot distribute layers: need at least 1 layer per node");
  const counts = layersByMemory(card.nLayers, memory);
  let startLayer = 0;
  return counts.map((count, rank) => {
    const required = Math.floor((card.storageSize.inBytes * count) / card.nLayers);
    if (required > (memory[rank] ?? 0))
      throw new RangeError(
        `Node ${rank} (${cycle[rank]}) has insufficient memory: requires ${gib(required)} GB for ${count} layers, but only has ${gib(memory[rank] ?? 0)} GB available`,
      );
    const shard = shardOf(card, rank, cycle.length, startLayer, startLayer + count);
    startLayer += count;
    return tagged("PipelineShardMetadata" as const, shard);
  });
}

const shardOf = (
  modelCard: ModelCard,
  deviceRank: number,
  worldSize: number,
  startLayer: number,
  endLayer: number,
) => ({
  modelCard,
  deviceRank,
  worldSize,
  immediateException: false,
  shouldTimeout: null,
  startLayer,
  endLayer,
  nLayers: modelCard.nLayers,
});

/** A shard of the whole model, as exo's downloader uses it for models that nobody runs. */
export const wholeModelShard = (card: ModelCard): TaggedShard =>
  tagged("PipelineShardMetadata" as const, shardOf(card, 0, 1, 0, card.nLayers));

const ringPreference = ["thunderbolt", "maybe_ethernet", "ethernet", "wifi", "unknown"];
const coordinatorPreference = ["ethernet", "wifi", "unknown", "maybe_ethernet", "thunderbolt"];

function bestAddress(
  state: ExoStateDocument,
  from: string,
  to: string,
  preference: readonly string[],
): string | undefined {
  const types = new Map(state.nodeNetwork[to]?.interfaces.map((one) => [one.ipAddress, one.interfaceType]));
  const rank = (ip: string): number => preference.indexOf(types.get(ip) ?? "unknown");
  return edgesBetween(state.topology, from, to)
    .flatMap((edge) => ("sinkMultiaddr" in edge ? [edge.sinkMultiaddr.ip_address] : []))
    .toSorted((left, right) => rank(left) - rank(right))[0];
}

function ringHosts(cycle: Cycle, state: ExoStateDocument, port: number): Record<string, RingHost[]> {
  const size = cycle.length;
  const hostsOf = (node: string, rank: number): RingHost[] =>
    cycle.map((other, at) => {
      if (at === rank) return { ip: "0.0.0.0", port };
      if (at !== (rank + 1) % size && at !== (rank + size - 1) % size) return { ip: "198.51.100.1", port: 0 };
      const ip = bestAddress(state, node, other, ringPreference);
      if (ip === undefined) throw new RangeError("MLX ring backend requires connectivity between neighbouring nodes");
      return { ip, port };
    });
  return Object.fromEntries(cycle.map((node, rank) => [node, hostsOf(node, rank)]));
}

function jacclInstance(base: Instance, cycle: Cycle, state: ExoStateDocument, port: number): TaggedInstance {
  const interfaceTowards = (source: string, sink: string): string | null => {
    if (source === sink) return null;
    const edge = edgesBetween(state.topology, source, sink).find((one) => "sourceRdmaIface" in one);
    if (edge === undefined || !("sourceRdmaIface" in edge))
      throw new RangeError("Current jaccl backend requires all-to-all RDMA connections");
    return edge.sourceRdmaIface;
  };
  const [first] = cycle;
  const coordinator = (node: string): string => {
    if (node === first) return `0.0.0.0:${port}`;
    const ip = bestAddress(state, node, first ?? "", coordinatorPreference);
    if (ip === undefined)
      throw new RangeError("Current jaccl backend requires all participating devices to be able to communicate");
    return `${ip}:${port}`;
  };
  return tagged("MlxJacclInstance" as const, {
    ...base,
    jacclDevices: cycle.map((source) => cycle.map((sink) => interfaceTowards(source, sink))),
    jacclCoordinators: Object.fromEntries(cycle.map((node) => [node, coordinator(node)])),
  });
}

/** exo's random port has this shape since 1.0.66: it may still be 52413 or 52414. */
const randomPort = (): number => {
  const port = randomInt(49_153, 65_536);
  return port <= 52_415 ? port - 1 : port;
};

/**
 * Places a model as exo itself does: fewest nodes, free memory alone, layers in proportion to it.
 *
 * @throws RangeError with exo's own sentence when it finds no placement.
 */
export function placeInstance(request: PlacementRequest, state: ExoStateDocument): TaggedInstance {
  const card = request.modelCard;
  const cycle = chooseCycle(request, state);
  const tensor = request.sharding === "Tensor" && cycle.length > 1;
  const shards = tensor
    ? cycle.map((_, rank) => tagged("TensorShardMetadata" as const, shardOf(card, rank, cycle.length, 0, card.nLayers)))
    : pipelineShards(card, cycle, state);
  const runners = cycle.map(() => randomUUID());
  const base: Instance = {
    instanceId: randomUUID(),
    shardAssignments: {
      modelId: card.modelId,
      runnerToShard: Object.fromEntries(runners.map((runner, rank) => [runner, shards[rank] as TaggedShard])),
      nodeToRunner: Object.fromEntries(cycle.map((node, rank) => [node, runners[rank] as string])),
    },
  };
  const port = randomPort();
  if (request.instanceMeta === "MlxJaccl" && cycle.length > 1) return jacclInstance(base, cycle, state, port);
  return tagged("MlxRingInstance" as const, {
    ...base,
    hostsByNode: ringHosts(cycle, state, port),
    ephemeralPort: port,
  });
}
