import type { ModelId } from "./names.js";
import type { PlacedBy } from "./registry-report.js";

/** What stands under a model's name in one of exo's models folders, as somebody sees it who thinks of removing it. */
export interface FoundFolder {
  readonly modelId: ModelId;
  /** Absolute, on that node; for people. */
  readonly path: string;
  /** A link is never followed and never removed with the files. */
  readonly kind: "folder" | "link";
  /** How exoctl has put it there; absent when somebody else has. */
  readonly placedBy?: PlacedBy;
  /** exo's rule. */
  readonly complete: boolean;
  /** Of the files in it; what links in it lead to is not counted. */
  readonly bytes: number;
  readonly files: number;
  /** Models whose own folder is a link to this one. */
  readonly linkedAs: readonly ModelId[];
}

/** Whose folders are to be removed. */
export type RemovalScope = "placed-by-exoctl" | "whoever-placed-them";

/** Whether a folder is among those that are to be removed. */
export const isInScope = (folder: FoundFolder, scope: RemovalScope): boolean =>
  folder.kind === "folder" && (folder.placedBy !== undefined || scope === "whoever-placed-them");

/** What was done with the folders of one model. */
export interface FilesOutcome {
  readonly removed: readonly FoundFolder[];
  /** Links, and folders that somebody else has put there. */
  readonly kept: readonly FoundFolder[];
}
