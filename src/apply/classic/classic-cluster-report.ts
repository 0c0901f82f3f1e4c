import type { ClassicAddReport, ClassicDescription, ClassicRemoveReport } from "../../cluster/classic-report.js";

/**
 * What became of one node. The words of the agent's own report, and: `absent`: there was nothing to remove. `no-answer`: its agent
 * failed. `untouched`: not written, because another node could not be. `reverted`: written, and taken back byte for byte.
 * `not-reverted`: written, and it could not be taken back. `unknown`: its agent went away while it wrote.
 */
export type ClassicNodeOutcome =
  | ClassicAddReport["outcome"]
  | ClassicRemoveReport["outcome"]
  | "absent"
  | "no-answer"
  | "untouched"
  | "reverted"
  | "not-reverted"
  | "unknown";

export interface ClassicNodeResult {
  readonly node: string;
  readonly outcome: ClassicNodeOutcome;
  /** The agent's newest report about this change; null where there is none. */
  readonly report: ClassicAddReport | ClassicRemoveReport | null;
  /** What went wrong, where the report does not say it. */
  readonly trouble: string | null;
}

/** Nodes whose files are equal, byte for byte. */
export interface FileGroup {
  readonly digest: string;
  readonly nodes: readonly string[];
}

/** How far the nodes' files say the same. */
export interface ClassicComparison {
  /** The entry in question; absent everywhere counts as the same. */
  readonly entry: "same" | "differs";
  readonly files: "same" | "differs";
  /** The largest first. */
  readonly groups: readonly FileGroup[];
  /** Each difference in a sentence, with whether it was there before. */
  readonly differences: readonly string[];
}

/** What `exoctl model add --classic --nodes -o json` prints. */
export interface ClassicClusterReport {
  /** `not-possible`: nothing was written. `reverted`: all is as before. `not-reverted`: some node is not. */
  readonly outcome: "done" | "unchanged" | "would-write" | "not-possible" | "reverted" | "not-reverted";
  readonly id: string;
  readonly nodes: readonly ClassicNodeResult[];
  /** After the change; null where nothing was written. */
  readonly comparison: ClassicComparison | null;
}

/** A line of `exoctl model list --classic --nodes`. */
export interface ClassicNodeListing {
  readonly node: string;
  readonly description: ClassicDescription | null;
  /** Why there is none. */
  readonly trouble: string | null;
}

export interface ClassicListing {
  readonly nodes: readonly ClassicNodeListing[];
  readonly comparison: ClassicComparison;
}
