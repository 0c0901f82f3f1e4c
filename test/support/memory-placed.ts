import type { PlacedBy } from "../../src/cluster/registry-report.js";
import type { PlacedFolders } from "../../src/register/placed-folders.js";

/** A record of placed folders in memory. */
export function createMemoryPlaced(folders: Readonly<Record<string, PlacedBy>> = {}): PlacedFolders {
  const known = new Map(Object.entries(folders));
  return {
    placedBy: async (path) => known.get(path),
    remember: async (path, by) => void known.set(path, by),
    forget: async (path) => void known.delete(path),
  };
}
