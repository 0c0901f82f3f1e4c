import { agentId, exoNodeId, nodeName } from "../../src/cluster/names.js";
import { type ExoReport, type NodeReport, protocolVersion } from "../../src/cluster/node-report.js";
import type { ExoInstance, ExoObservation, ExoPeer, ExoShard, RunnerState } from "../../src/inventory/exo-state.js";
import type { AgentFacts, ExoView } from "../../src/inventory/exo-view.js";
import { variant71 } from "./exo-fixtures.js";

const GIB = 1024 ** 3;
export const now = Date.parse("2026-07-01T10:00:00Z");

/** A live member of exo's cluster. */
export const aPeer = (name: string, change: Partial<ExoPeer> = {}): ExoPeer => ({
  id: exoNodeId(`exo-of-${name}`),
  friendlyName: name,
  chip: "Apple M4 Max",
  modelName: "Mac Studio",
  ramTotalBytes: 64 * GIB,
  ramAvailableBytes: 50 * GIB,
  lastSeenAt: now - 500,
  inTopology: true,
  interfaces: [],
  ...change,
});

export const anObservation = (names: readonly string[], change: Partial<ExoObservation> = {}): ExoObservation => ({
  lastEventIndex: 10,
  peers: names.map((name) => aPeer(name)),
  edges: [],
  instances: [],
  downloads: [],
  problems: [],
  ...change,
});

/** What exo on `name` says, 200 ms ago. */
export const aView = (name: string, observation: ExoObservation, change: Partial<ExoView> = {}): ExoView => ({
  address: { host: `${name}.test`, port: 52415 },
  nodeId: exoNodeId(`exo-of-${name}`),
  variant: variant71,
  observation: { value: observation, at: now - 200, from: "exo" },
  ...change,
});

/** A healthy report of the agent on `name`, 300 ms ago. */
export const anAgent = (
  name: string,
  change: { exo?: Partial<ExoReport>; report?: Partial<NodeReport>; ageMs?: number; trouble?: string } = {},
): AgentFacts => ({
  name: nodeName(name),
  host: `${name}.test`,
  ...(change.trouble === undefined ? {} : { trouble: change.trouble }),
  report: {
    at: now - (change.ageMs ?? 300),
    from: "agent",
    value: {
      agentId: agentId(`agent-of-${name}`),
      name: nodeName(name),
      protocolVersion,
      agentVersion: "0.1.0",
      simulated: false,
      hardware: { modelIdentifier: "Mac16,9", chip: "Apple M4 Max", memoryBytes: 64 * GIB },
      memory: {
        totalBytes: 64 * GIB,
        availableBytes: 50 * GIB,
        workingSetBytes: 55_663_000_000,
        workingSetSource: "metal",
      },
      exo: {
        state: "running",
        managed: true,
        generation: "modern",
        apiPort: 52415,
        nodeId: exoNodeId(`exo-of-${name}`),
        variant: variant71,
        ...change.exo,
      },
      ...change.report,
    },
  },
});

/** A pipeline over these nodes, cut at these layers. */
export const anInstance = (
  id: string,
  names: readonly string[],
  ends: readonly number[],
  runners: readonly RunnerState[] = [],
  change: Partial<ExoInstance> = {},
): ExoInstance => ({
  id,
  modelId: "exoctl/gpt-oss-120b-MXFP4-Q8",
  transport: "ring",
  sharding: "pipeline",
  modelLayers: 36,
  ports: [50_000],
  shards: names.map(
    (name, rank): ExoShard => ({
      nodeId: exoNodeId(`exo-of-${name}`),
      runnerId: `${id}-${rank}`,
      rank,
      layers: { start: ends[rank - 1] ?? 0, end: ends[rank] ?? 36 },
      runner: runners[rank] ?? "ready",
    }),
  ),
  ...change,
});
