import type { FilesOutcome, FoundFolder, RemovalScope } from "../cluster/found-folder.js";
import type { ModelId } from "../cluster/names.js";

/** Removes models from one node, through its agent. Rejects as `AgentLink` does. All but `find` need the lease. */
export interface ModelRemovalLink {
  /** What stands under this model's name on that node, and who has put it there. */
  find(id: ModelId, signal: AbortSignal): Promise<readonly FoundFolder[]>;
  /** Goes on to its end when the caller leaves. Idempotent. */
  removeFiles(id: ModelId, scope: RemovalScope, signal: AbortSignal): Promise<FilesOutcome>;
  /** Leaves a note by which that exo forgets the model when `ExoControl.forget` asks it to. */
  leaveForgetNote(id: ModelId, signal: AbortSignal): Promise<"left" | "taken">;
  clearForgetNote(id: ModelId, signal: AbortSignal): Promise<void>;
}
