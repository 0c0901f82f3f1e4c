import type { ExoVariant } from "../cluster/exo-variant.js";
import type { ExoNodeId } from "../cluster/names.js";

/** What the agent asks the exo on its own machine. */
export interface ExoApi {
  /** @returns undefined when nothing that looks like exo 1.x answers. */
  nodeId(signal: AbortSignal): Promise<ExoNodeId | undefined>;
  /** Whether an exo 0.0.x answers. It says ok on a broken ring as well. */
  classicAnswers(signal: AbortSignal): Promise<boolean>;
  /** @returns undefined when exo does not answer or is too old to say. */
  variant(signal: AbortSignal): Promise<ExoVariant | undefined>;
}
