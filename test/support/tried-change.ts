import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { readWhatIf } from "../../src/plan/read-what-if.js";
import type { Change } from "../../src/plan/reason.js";
import { supposeChanges } from "../../src/plan/suppose-changes.js";
import { bothWays } from "./plan-problems.js";

/** One Mac more, as a user would ask for it. */
function whatIf(problem: PlanProblem, chip: string, count: number): PlanProblem {
  const read = readWhatIf(Array.from({ length: count }, () => `add=${chip}`).join(","));
  const changed = supposeChanges(problem, read.suppositions);
  if ("issues" in changed) throw new Error(`no such node: ${chip}`);
  return changed.problem;
}

const kinds = ["m4pro-24", "m4max-36", "m4max-48", "m4max-64", "m3ultra-96", "m4max-128", "m2ultra-192", "m3ultra-256"];

/** The problem with a change made, and with the next smaller change. */
export function triedChange(
  problem: PlanProblem,
  change: Change,
): readonly [enough: PlanProblem, tooLittle: PlanProblem] {
  const { workload, nodes } = problem;
  const serve = (facts: Partial<PlanProblem["workload"]>) => ({ ...problem, workload: { ...workload, ...facts } });
  switch (change.kind) {
    case "context":
      return [serve(change), serve({ contextTokens: change.contextTokens + 1 })];
    case "concurrency":
      return [serve(change), serve({ concurrency: change.concurrency + 1 })];
    case "workload":
      return [serve(change), serve({ ...change, contextTokens: change.contextTokens + 1 })];
    case "maxNodes":
      return [
        { ...problem, maxNodes: change.maxNodes },
        { ...problem, maxNodes: change.maxNodes - 1 },
      ];
    case "uncordon":
      return [
        { ...problem, nodes: nodes.map((n) => (n.name === change.node ? { ...n, cordoned: false } : n)) },
        problem,
      ];
    case "link": {
      const [there, back] = bothWays(change.from, change.to);
      const links = [there, ...(change.directions === "both" ? [back] : [])].flatMap((link) => link ?? []);
      return [{ ...problem, links: [...problem.links, ...links] }, problem];
    }
    case "node": {
      const smaller = kinds[kinds.indexOf(change.add) - 1];
      return [
        whatIf(problem, change.add, change.count),
        smaller === undefined ? problem : whatIf(problem, smaller, change.count),
      ];
    }
    default:
      return change satisfies never;
  }
}
