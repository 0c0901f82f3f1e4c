import type { ModelManifest } from "../../models/sync/manifest.js";
import type { Peer } from "../../models/sync/sync-report.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import type { ManifestParts } from "./make-manifest.js";
import type { DialPeer } from "./peer-link.js";
import type { RateLimit } from "./rate-limit.js";
import type { SharedModels } from "./shared-models.js";

/** What fetching needs of its surroundings. */
export interface FetchParts extends ManifestParts {
  readonly shared: SharedModels;
  readonly dial: DialPeer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** The fetch fails when no source gives anything for so long. */
  readonly noProgressMs: number;
}

/** What is copied, and from whom. */
export interface FetchRequest {
  readonly manifest: ModelManifest;
  /** Everybody who has the model or is getting it. All of them may read what is verified here. */
  readonly peers: readonly Peer[];
  /** On what this agent sends of it to others. */
  readonly limit: RateLimit;
}
