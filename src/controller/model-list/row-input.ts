import type { ClusterView } from "../../apply/cluster-access.js";
import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import type { EntryFindings } from "../drift/watch-drift.js";

export type RowRole = "entry" | "copy" | "weights" | "none";

/** One model on one node, as seen. */
export interface RowInput {
  readonly modelId: string;
  readonly node: NodeName;
  readonly view: ClusterView;
  /** The entry that is to be kept under this id here. */
  readonly entry: EntrySpec | undefined;
  /** What it is for what is kept here: an entry, a further copy of one, the weights of one, or nothing. */
  readonly role: RowRole;
  readonly told: EntryFindings | undefined;
}
