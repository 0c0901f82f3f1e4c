import type { ModelId } from "../cluster/names.js";
import type { ModelManifest } from "../models/sync/manifest.js";
import type { FetchProgress, ManifestProgress, ModelOnDisk, Peer } from "../models/sync/sync-report.js";

/**
 * One agent's part in copying models between nodes; rejects as `AgentLink` does. The streams last until their loop is left or the
 * signal aborts, which ends what the agent does.
 */
export interface ModelSyncLink {
  look(id: ModelId, signal: AbortSignal): Promise<ModelOnDisk>;
  /** Ends by itself; the last message has the manifest. Needs the lease, as the calls below. */
  makeManifest(id: ModelId, signal: AbortSignal): AsyncIterable<ManifestProgress>;
  /** Serves the complete model to these keys. Yields the bytes that have gone out. */
  share(request: ShareRequest, signal: AbortSignal): AsyncIterable<number>;
  /** Copies the model there and serves it to the other peers. */
  fetch(request: FetchRequest, signal: AbortSignal): AsyncIterable<FetchProgress>;
}

export interface ShareRequest {
  readonly manifest: ModelManifest;
  /** Pins of those who may read. */
  readonly readers: readonly string[];
  /** On what the agent sends of this; undefined: only its own limit. */
  readonly bytesPerSec: number | undefined;
}

export interface FetchRequest {
  readonly manifest: ModelManifest;
  readonly peers: readonly Peer[];
  /** On what the agent sends of this to others. */
  readonly bytesPerSec: number | undefined;
}
