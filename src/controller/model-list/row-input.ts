import type { ClusterView } from "../../apply/cluster-access.js";
import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import type { EntryFindings } from "../drift/watch-drift.js";

/** One model on one node, as seen. */
export interface RowInput {
  readonly modelId: string;
  readonly node: NodeName;
  readonly view: ClusterView;
  /** The entry that is to be kept under this id here. */
  readonly entry: EntrySpec | undefined;
  /** Whether an entry that is kept here gets its weights from this model. */
  readonly role: "weights of an entry" | "of its own";
  readonly told: EntryFindings | undefined;
}
