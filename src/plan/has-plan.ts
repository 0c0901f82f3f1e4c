import { findBlockEnds } from "./block-ends.js";
import { bestTensorPair } from "./choose-copy.js";
import { prepareTables } from "./cost-tables.js";
import type { PlanProblem } from "./plan-problem.js";
import { findAnyOrder } from "./search-placement.js";
import { latencySpace } from "./search-space.js";
import { sizeRange } from "./size-range.js";

/** Work for one question of the kind "would it fit if". */
const questionWork = 20_000;

/** Whether a problem has any plan, as far as a short search can tell. */
export function hasPlan(problem: PlanProblem): boolean {
  if (problem.sharding !== "pipeline" && bestTensorPair(problem) !== undefined) return true;
  if (problem.sharding === "tensor") return false;
  const tables = prepareTables(problem, "usable");
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables));
  return typeof findAnyOrder(space, sizeRange(problem, tables), { left: questionWork }) !== "string";
}

/** The same cluster with a perfect link between all nodes. */
export const fullyLinked = (problem: PlanProblem): PlanProblem => ({
  ...problem,
  links: [],
  defaultLink: { alphaSec: 0, bytesPerSec: 1e12 },
});
