import type { ClassicExoReport, ClassicExoSettings } from "../cluster/classic-launch.js";

/**
 * How exo 0.0.x is started on one node. Rejects as all calls of `AgentLink` do; with `not_possible` where the agent starts none,
 * or can't do what the settings ask for.
 */
export interface ClassicExoLink {
  describe(signal: AbortSignal): Promise<ClassicExoReport>;
  /** For the next start; the file of peers is written at once. Needs the lease. */
  configure(settings: ClassicExoSettings, signal: AbortSignal): Promise<ClassicExoReport>;
}
