import type { ExoVariant } from "../cluster/exo-variant.js";
import type { LayerRange } from "../cluster/layer-range.js";
import type { ExoNodeId, ModelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";

/** One runner of an instance that we ask exo to create. */
export interface InstanceShard {
  readonly nodeId: ExoNodeId;
  readonly runnerId: string;
  readonly layers: LayerRange;
}

/** exo's TCP ring between the nodes. */
export interface RingTransport {
  readonly kind: "ring";
  /** Outside 52413 to 52415, never to be touched from outside. */
  readonly port: number;
  /** `addresses[i][j]`: how rank i reaches rank j; its own entry is ignored. */
  readonly addresses: readonly (readonly string[])[];
}

/** RDMA between all pairs of nodes. Only how they meet goes over TCP. */
export interface JacclTransport {
  readonly kind: "jaccl";
  /** Where rank 0 waits for the others: outside 52413 to 52415. */
  readonly port: number;
  /** `interfaces[i][j]`: the RDMA interface of rank i that leads to rank j; its own entry is ignored. */
  readonly interfaces: readonly (readonly string[])[];
  /** By rank: how it reaches rank 0, whose own entry is ignored. */
  readonly coordinators: readonly string[];
}

/** An explicit instance. Shards are in rank order; what they hold is checked before posting. */
export interface InstanceSpec {
  /** Ours: begins `exoctl-<cluster id>-`. Also the idempotency key: exo ignores a second POST of the same id. */
  readonly instanceId: string;
  readonly model: EntrySpec;
  /** `pipeline`: the shards cover all layers in turn. `tensor`: each has all of them, and a part of every one. */
  readonly sharding: "pipeline" | "tensor";
  readonly shards: readonly InstanceShard[];
  readonly transport: RingTransport | JacclTransport;
}

/** One chat answer used as a proof that an instance works. */
export interface ProofAnswer {
  readonly text: string;
  /** What the model thought aloud before it answered. */
  readonly reasoning?: string;
  readonly model: string;
  readonly finishReason: string;
  readonly firstTokenMs: number;
}

/** Changes one exo through its API. Commands are asynchronous: an accepted one is not yet done. */
export interface ExoControl {
  createInstance(spec: InstanceSpec, variant: ExoVariant, signal: AbortSignal): Promise<void>;
  /** Succeeds when the instance is already gone. */
  deleteInstance(instanceId: string, signal: AbortSignal): Promise<void>;
  /** Makes exo read its card folders again, and says whether it now knows the model. */
  rescan(modelId: ModelId, signal: AbortSignal): Promise<"known" | "unknown">;
  /**
   * Asks exo to forget a model and to delete the card that it would have saved for it itself. Succeeds when exo knows no such
   * model. Whether it is forgotten, its listing shows later.
   */
  forget(modelId: ModelId, signal: AbortSignal): Promise<void>;
  /** Asks a node to download a model that its registry knows. exo acknowledges nothing: watch its downloads. */
  startDownload(node: ExoNodeId, model: EntrySpec, variant: ExoVariant, signal: AbortSignal): Promise<void>;
  /** A real streamed chat request, read to its end. */
  prove(modelId: string, prompt: string, signal: AbortSignal): Promise<ProofAnswer>;
}
