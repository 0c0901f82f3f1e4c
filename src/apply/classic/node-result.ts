import type { ClassicDigests } from "../../cluster/classic-report.js";
import type { ClassicNode, ClassicReport, ShownNode } from "./classic-change.js";
import type { ClassicNodeResult } from "./classic-cluster-report.js";

/** Tells that a piece of work begins, does it, and tells how it ended. */
export type Step = <T>(text: string, work: () => Promise<T>, outcomeOf: (value: T) => string) => Promise<T>;

/** A node that can be written, with what was shown of it. */
export interface ReadyNode {
  readonly shown: ShownNode;
  readonly digests: ClassicDigests;
}

export const reportedResult = (node: ClassicNode, report: ClassicReport): ClassicNodeResult => ({
  node: node.name,
  outcome: report.outcome,
  report,
  trouble: null,
});

export const resultOf = (
  { name }: ClassicNode,
  outcome: ClassicNodeResult["outcome"],
  error?: unknown,
): ClassicNodeResult => ({
  node: name,
  outcome,
  report: null,
  trouble: error === undefined ? null : error instanceof Error ? error.message : String(error),
});
