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

/** An explicit pipeline instance over exo's TCP ring. Shards are in rank order and cover all layers (checked before posting). */
export interface InstanceSpec {
  /** Ours: begins `exoctl-<cluster id>-`. Also the idempotency key: exo ignores a second POST of the same id. */
  readonly instanceId: string;
  readonly model: EntrySpec;
  readonly shards: readonly InstanceShard[];
  /** Port of exo's ring between the nodes: outside 52413 to 52415, never to be touched from outside. */
  readonly ringPort: number;
  /** `addresses[i][j]`: how rank i reaches rank j; its own entry is ignored. */
  readonly addresses: readonly (readonly string[])[];
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
  /** Asks a node to download a model that its registry knows. exo acknowledges nothing: watch its downloads. */
  startDownload(node: ExoNodeId, model: EntrySpec, variant: ExoVariant, signal: AbortSignal): Promise<void>;
  /** A real streamed chat request, read to its end. */
  prove(modelId: string, prompt: string, signal: AbortSignal): Promise<ProofAnswer>;
}
