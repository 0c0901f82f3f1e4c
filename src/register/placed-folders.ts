import type { PlacedBy } from "../cluster/registry-report.js";

/**
 * Which model folders exoctl has put on this machine. Whatever is not written here is somebody else's and is never removed
 * unless a person names it.
 */
export interface PlacedFolders {
  /** @param path absolute, as it stands in one of exo's models folders */
  placedBy(path: string): Promise<PlacedBy | undefined>;
  /** Called before the folder appears under its name: one that we can't prove to be ours would never be removed again. */
  remember(path: string, by: PlacedBy): Promise<void>;
  forget(path: string): Promise<void>;
}
