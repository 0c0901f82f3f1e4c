import { expect, test } from "vitest";
import { planCluster } from "../../src/plan/plan-cluster.js";
import { bruteForcePlan } from "../support/brute-force-plan.js";
import { compareChoice, comparePipeline, costDifference } from "../support/compare-plan.js";
import { highsCase, highsCaseCount } from "../support/highs-cases.js";
import { solveWithHighs } from "../support/highs-plan.js";
import { naivePlan } from "../support/naive-plan.js";
import { contextClasses, objectives, policies, randomProblem } from "../support/random-problems.js";
import { printTable, quantile, times, timeText } from "./bench-table.js";

/** Clusters of each combination of objective, policy and context class: 2160 in all. */
const runsEach = 120;

/** Every combination so many times, each with a seed of its own. */
function strata(runs: number) {
  const seeds = Array.from({ length: times(runs) }, (_, index) => index);
  const combinations = objectives.flatMap((objective) =>
    policies.flatMap((outputPolicy) =>
      contextClasses.map((contextTokens) => ({ contextTokens, facts: { objective, outputPolicy } })),
    ),
  );
  return combinations.flatMap((one, at) => seeds.map((seed) => ({ ...one, seed: 10_000 * (at + 1) + seed })));
}

/** Counts by rows, printed in the order of their names. */
function createTally(columns: readonly string[]) {
  const rows = new Map<string, { readonly counts: Map<string, number>; worst: number }>();
  return {
    add: (name: string, found: readonly string[], difference: number): void => {
      const row = rows.get(name) ?? { counts: new Map<string, number>(), worst: 0 };
      for (const column of found) row.counts.set(column, (row.counts.get(column) ?? 0) + 1);
      row.worst = Math.max(row.worst, difference);
      rows.set(name, row);
    },
    print: (title: string, rowHead: string): void => {
      const sumOf = (column: string): number =>
        [...rows.values()].reduce((sum, { counts }) => sum + (counts.get(column) ?? 0), 0);
      const worst = Math.max(...[...rows.values()].map((row) => row.worst));
      printTable(
        title,
        [rowHead, ...columns, "largest difference"],
        [
          ...[...rows]
            .toSorted(([one], [other]) => (one < other ? -1 : 1))
            .map(([name, row]) => [
              name,
              ...columns.map((column) => String(row.counts.get(column) ?? 0)),
              row.worst.toExponential(1),
            ]),
          ["all", ...columns.map((column) => String(sumOf(column))), worst.toExponential(1)],
        ],
      );
    },
  };
}

test("one pipeline against every subset, order and split", () => {
  const tally = createTally(["clusters", "with a plan", "split by split too"]);
  for (const { seed, contextTokens, facts } of strata(runsEach)) {
    const problem = randomProblem({ seed, mostNodes: 6, modes: "one-pipeline", contextTokens, facts });
    const { plan, difference } = comparePipeline(problem, bruteForcePlan);
    const isSmall = problem.nodes.length <= 4;
    const naive = isSmall ? comparePipeline(problem, naivePlan).difference : 0;
    tally.add(
      `${problem.objective}, ${problem.outputPolicy}`,
      ["clusters", ...(plan === undefined ? [] : ["with a plan"]), ...(isSmall ? ["split by split too"] : [])],
      Math.max(difference, naive),
    );
  }
  tally.print("One pipeline, against trying everything", "objective, policy");
});

test("copies and tensor pairs against every partition", () => {
  const columns = ["clusters", "with a plan", "several copies", "tensor pairs", "fewer nodes preferred"];
  const tally = createTally(columns);
  for (const { seed, contextTokens, facts } of strata(runsEach)) {
    const problem = randomProblem({ seed: seed + 500_000, mostNodes: 6, modes: "any", contextTokens, facts });
    const { plan, difference } = compareChoice(problem);
    const found = ["clusters"];
    if (plan !== undefined) found.push("with a plan");
    if ((plan?.replicas.length ?? 0) > 1) found.push("several copies");
    if (plan?.replicas.some((replica) => replica.sharding === "tensor")) found.push("tensor pairs");
    if (plan?.reasons.some((reason) => reason.code === "fewer_nodes")) found.push("fewer nodes preferred");
    tally.add(`${problem.objective}, ${problem.sharding}, ${problem.replicas}`, found, difference);
  }
  tally.print("Free choice of copies and sharding, against every partition", "objective, sharding, replicas");
});

test("against HiGHS", async () => {
  const ratios: number[] = [];
  const rows: string[][] = [];
  planCluster(highsCase(0));
  for (let index = 0; index < Math.min(highsCaseCount, times(highsCaseCount)); index += 1) {
    const problem = highsCase(index);
    const before = performance.now();
    const result = planCluster(problem);
    const middle = performance.now();
    const expected = await solveWithHighs(problem);
    const after = performance.now();
    expect(result.kind).toBe(expected === undefined ? "infeasible" : "plan");
    const named = [problem.objective, problem.outputPolicy, String(problem.nodes.length)];
    const took = [timeText(middle - before), timeText(after - middle)];
    const ratio = (after - middle) / (middle - before);
    ratios.push(ratio);
    if (result.kind === "infeasible" || expected === undefined) {
      rows.push([...named, "none", ...took, ratio.toFixed(0), "-"]);
      continue;
    }
    const difference = costDifference(problem, result, expected);
    expect(difference).toBeLessThan(1e-9);
    const stages = String(result.replicas[0]?.stages.length);
    rows.push([...named, stages, ...took, ratio.toFixed(0), difference.toExponential(1)]);
  }
  rows.push(["median", "", "", "", "", "", quantile(ratios, 0.5).toFixed(0), ""]);
  printTable(
    "Against HiGHS, as an integer program of all 36 layers",
    ["objective", "policy", "nodes", "stages", "planner", "HiGHS", "times as long", "difference"],
    rows,
  );
});
