import type { PlanProblem } from "./plan-problem.js";

/** A part of a request that the planner has no answer for, by its path. */
export interface UnsupportedPart {
  readonly path: string;
  readonly problem: string;
}

/** What of a problem can't be planned: this planner places one pipeline. */
export function unsupportedParts(
  asked: Pick<PlanProblem, "objective" | "sharding" | "replicas">,
): readonly UnsupportedPart[] {
  const parts: UnsupportedPart[] = [];
  if (asked.objective === "throughput") {
    parts.push({ path: "objective", problem: "throughput is not supported yet; use latency or bottleneck" });
  }
  if (asked.sharding !== "pipeline") {
    parts.push({ path: "sharding", problem: `${asked.sharding} is not supported yet; use pipeline` });
  }
  if (asked.replicas !== 1) parts.push({ path: "replicas", problem: "auto is not supported yet; use 1" });
  return parts;
}
