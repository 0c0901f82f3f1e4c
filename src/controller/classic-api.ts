import type { ClassicClusterReport, ClassicListing } from "../apply/classic/classic-cluster-report.js";
import type { ClassicAddWish, ClassicRemoveWish } from "../cluster/classic-wish.js";
import type { ProgressLine } from "./progress-line.js";

/** Which nodes a request is about. Without names: every enrolled node with an exo 0.0.x, and all of them have to answer. */
export interface ClassicNodes {
  readonly on?: readonly string[];
}

/**
 * The registries of exo 0.0.x on the nodes of the cluster. Rejects with `Problem`, before anything is changed: when a named node is
 * not there or has no such exo (usage), or when one does not answer (unreachable).
 */
export interface ClassicApi {
  /** Goes on when the client leaves: a change that is half made would be worse. */
  addClassicEntry(
    request: ClassicNodes & { readonly wish: Omit<ClassicAddWish, "expected"> },
    report: (line: ProgressLine) => void,
    signal: AbortSignal,
  ): Promise<ClassicClusterReport>;
  removeClassicEntry(
    request: ClassicNodes & { readonly wish: Omit<ClassicRemoveWish, "expected" | "until"> },
    report: (line: ProgressLine) => void,
    signal: AbortSignal,
  ): Promise<ClassicClusterReport>;
  /** What each node's registry holds of exoctl's; nodes that do not answer are listed with the reason. */
  listClassicEntries(request: ClassicNodes): Promise<ClassicListing>;
}
