import type { ExoVariant } from "../cluster/exo-variant.js";
import type { LayerRange } from "../cluster/layer-range.js";
import type { ExoNodeId } from "../cluster/names.js";

/** Where one exo's HTTP API answers. */
export interface ExoAddress {
  readonly host: string;
  readonly port: number;
}

export type RunnerState =
  | "absent"
  | "idle"
  | "connecting"
  | "connected"
  | "loading"
  | "loaded"
  | "warming-up"
  | "ready"
  | "running"
  | "shutting-down"
  | "shutdown"
  | "failed"
  | "unknown";

/** One shard of an instance with the state of its runner. */
export interface ExoShard {
  readonly nodeId: ExoNodeId;
  readonly runnerId: string;
  readonly rank: number;
  readonly layers: LayerRange;
  readonly runner: RunnerState;
  /** While loading. */
  readonly progress?: { readonly layersLoaded: number; readonly totalLayers: number };
  readonly error?: string;
  /** How often its node has created a runner for it, where exo tells. Success never resets it. */
  readonly creations?: number;
}

/** exo 1.0.70 and newer create a runner so often for one instance on one node; the next time they delete the instance. */
export const mostCreations = 5;

export interface ExoInstance {
  readonly id: string;
  readonly modelId: string;
  readonly transport: "ring" | "jaccl" | "unknown";
  /** How the layers are divided; absent when exo's answer did not say. */
  readonly sharding?: "pipeline" | "tensor" | "other";
  /** Layers of the whole model, as the shards state it. */
  readonly modelLayers?: number;
  /** TCP ports that its runners listen on. A new instance on the same nodes must avoid them. */
  readonly ports?: readonly number[];
  /** By rank. Empty when exo's answer could not be understood; such an instance is never healthy. */
  readonly shards: readonly ExoShard[];
}

export interface ExoPeer {
  readonly id: ExoNodeId;
  /** ComputerName of the Mac. */
  readonly friendlyName?: string;
  readonly chip?: string;
  readonly modelName?: string;
  readonly ramTotalBytes?: number;
  readonly ramAvailableBytes?: number;
  /** Milliseconds since the Unix epoch, by exo's clock. */
  readonly lastSeenAt?: number;
  /** Whether exo lists it in its topology. */
  readonly inTopology: boolean;
  readonly interfaces: readonly { readonly name: string; readonly ip: string; readonly type: string }[];
}

/** One directed connection between exo nodes. Socket edges carry the address that `from` really reached `to` at. */
export type ExoEdge =
  | { readonly kind: "socket"; readonly from: ExoNodeId; readonly to: ExoNodeId; readonly ip: string }
  | {
      readonly kind: "rdma";
      readonly from: ExoNodeId;
      readonly to: ExoNodeId;
      readonly sourceInterface: string;
      readonly sinkInterface: string;
    };

export interface ExoDownload {
  readonly nodeId: ExoNodeId;
  readonly modelId: string;
  readonly state: "pending" | "ongoing" | "completed" | "failed" | "unknown";
  readonly downloadedBytes?: number;
  readonly totalBytes?: number;
  readonly error?: string;
}

/** exo's `/state`, parsed. What could not be understood is named in `problems` and left out. */
export interface ExoObservation {
  /** Falls when a new master has wiped the state. */
  readonly lastEventIndex: number;
  readonly peers: readonly ExoPeer[];
  readonly edges: readonly ExoEdge[];
  readonly instances: readonly ExoInstance[];
  readonly downloads: readonly ExoDownload[];
  readonly problems: readonly string[];
  /** Set for an exo older than 1.0.68: why it can be watched but not driven. */
  readonly observeOnly?: string;
}

/** One line of exo's `GET /models`. What this exo does not list is absent. */
export interface ExoListedModel {
  readonly id: string;
  /** Rounded to MiB by exo. */
  readonly storageBytes?: number;
  readonly contextTokens?: number;
  readonly supportsTensor?: boolean;
  /**
   * Whether the card is one that exo ships, or was added. 1.0.68 goes by the name of the card's file, so it takes cards under
   * other names, such as ours, for its own: only `custom` is certain. Later ones go by the folder.
   */
  readonly origin?: "built-in" | "custom";
}

/** Reads one exo's API. Rejects with `ExoUnreachableError` or `ExoAnswerError`. */
export interface ExoState {
  readonly address: ExoAddress;
  nodeId(signal: AbortSignal): Promise<ExoNodeId>;
  /** @returns undefined when this exo is older than 1.0.68 and can only be observed. */
  variant(signal: AbortSignal): Promise<ExoVariant | undefined>;
  observe(signal: AbortSignal): Promise<ExoObservation>;
  models(signal: AbortSignal): Promise<readonly ExoListedModel[]>;
}

/** Nothing answered at exo's address within the deadline. */
export class ExoUnreachableError extends Error {
  override readonly name = "ExoUnreachableError";
  readonly code = "exo_unreachable";
  readonly retryable = true;

  constructor(
    readonly address: ExoAddress,
    options: { cause: unknown },
  ) {
    super(`exo at ${address.host}:${address.port} did not answer`, options);
  }
}

/** exo answered with an error or with something that is not what its API promises. */
export class ExoAnswerError extends Error {
  override readonly name = "ExoAnswerError";
  readonly code = "exo_answer";

  constructor(
    readonly address: ExoAddress,
    readonly status: number,
    /** exo's own words, shortened. */
    readonly detail: string,
    readonly retryable: boolean,
  ) {
    super(`exo at ${address.host}:${address.port} answered ${status}: ${detail}`);
  }
}
