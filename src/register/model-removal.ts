import type { FoundFolder } from "../cluster/found-folder.js";
import type { ModelId } from "../cluster/names.js";

/** The model folders on this disk, for removal. Rejects with `RegistryPathError` when the disk or its owner says no. */
export interface ModelRemovalFiles {
  /** What stands under this name, at most one in each models folder, in exo's order. */
  find(id: ModelId): Promise<readonly FoundFolder[]>;
  /**
   * Takes a folder away from its name in one step: from then on exo sees no such model, and what is killed after it leaves no
   * half one. The folder is no longer ours afterwards, whatever appears under its name.
   *
   * @returns deletes the files; what it leaves behind is deleted when the agent starts again
   */
  setAside(folder: FoundFolder): Promise<() => Promise<void>>;
  /**
   * Leaves a file of no content where exo would have saved a card of this model itself. That makes it forget a model when it is
   * asked to delete the card: it does so only if that file is there.
   *
   * @returns `taken` when a file is there that somebody else wrote; nothing is changed then
   */
  leaveForgetNote(id: ModelId): Promise<"left" | "taken">;
  clearForgetNote(id: ModelId): Promise<void>;
}
