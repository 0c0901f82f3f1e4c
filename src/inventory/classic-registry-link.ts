import type { ClassicAddReport, ClassicDescription, ClassicRemoveReport } from "../cluster/classic-report.js";
import type { ClassicAddWish, ClassicRemoveWish } from "../cluster/classic-wish.js";

/**
 * The registry of the exo 0.0.x on one node. Rejects as all calls of `AgentLink` do; with `not_possible` where the agent was not
 * told of such an exo, or finds it no more.
 */
export interface ClassicRegistryLink {
  /** @param ids at most 16 entries to report as well, whoever wrote them */
  describe(ids: readonly string[], signal: AbortSignal): Promise<ClassicDescription>;
  /** Writing needs the lease. When the call breaks off, the entry may or may not have been written. */
  add(wish: ClassicAddWish, signal: AbortSignal): Promise<ClassicAddReport>;
  remove(wish: ClassicRemoveWish, signal: AbortSignal): Promise<ClassicRemoveReport>;
}
