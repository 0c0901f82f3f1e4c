import type { Edge, ExoStateDocument, NodeMemory, ThunderboltPort } from "./exo-state.js";
import type {
  Chunk,
  ModelCard,
  RunnerStatus,
  TaggedDownload,
  TaggedInstance,
  TaggedTask,
  TaskStatus,
} from "./exo-types.js";

/** What a node measured about itself. */
export type GatheredInfo =
  | { readonly kind: "MacmonMetrics"; readonly systemProfile: unknown; readonly memory: NodeMemory }
  | {
      readonly kind: "NodeNetworkInterfaces";
      readonly ifaces: readonly { readonly name: string; readonly ipAddress: string; readonly interfaceType: string }[];
    }
  | { readonly kind: "NodeDiskUsage"; readonly diskUsage: unknown }
  | { readonly kind: "MiscData"; readonly friendlyName: string }
  | {
      readonly kind: "StaticNodeInformation";
      readonly model: string;
      readonly chip: string;
      readonly osVersion: string;
      readonly osBuildVersion: string;
    }
  | { readonly kind: "ThunderboltBridgeInfo"; readonly status: unknown }
  | { readonly kind: "RdmaCtlStatus"; readonly enabled: boolean }
  | { readonly kind: "MacThunderboltIdentifiers"; readonly idents: readonly ThunderboltPort[] }
  | {
      readonly kind: "MacThunderboltConnections";
      readonly conns: readonly { readonly sourceUuid: string; readonly sinkUuid: string }[];
    }
  | { readonly kind: "NodeBackends"; readonly backends: readonly string[] };

export interface Connection {
  readonly source: string;
  readonly sink: string;
  readonly edge: Edge;
}

/** Everything that can happen in exo. State is nothing but these, folded in the master's order. */
export type ExoEvent =
  | { readonly type: "TaskCreated"; readonly taskId: string; readonly task: TaggedTask }
  | { readonly type: "TaskStatusUpdated"; readonly taskId: string; readonly taskStatus: TaskStatus }
  | { readonly type: "TaskDeleted"; readonly taskId: string }
  | { readonly type: "InstanceCreated"; readonly instance: TaggedInstance }
  | { readonly type: "InstanceDeleted"; readonly instanceId: string }
  | { readonly type: "RunnerStatusUpdated"; readonly runnerId: string; readonly runnerStatus: RunnerStatus }
  | { readonly type: "NodeTimedOut"; readonly nodeId: string }
  | { readonly type: "NodeGatheredInfo"; readonly nodeId: string; readonly when: string; readonly info: GatheredInfo }
  | { readonly type: "NodeDownloadProgress"; readonly downloadProgress: TaggedDownload }
  | { readonly type: "ChunkGenerated"; readonly commandId: string; readonly chunk: Chunk }
  | { readonly type: "TopologyEdgeCreated"; readonly conn: Connection }
  | { readonly type: "TopologyEdgeDeleted"; readonly conn: Connection }
  | { readonly type: "CustomModelCardAdded"; readonly modelCard: ModelCard }
  | { readonly type: "CustomModelCardDeleted"; readonly modelId: string };

/** Folds one event into the state. */
export type FoldEvent = (state: ExoStateDocument, event: ExoEvent) => ExoStateDocument;
