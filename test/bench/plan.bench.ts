import { test } from "vitest";
import { evaluatePlacement } from "../../src/plan/evaluate-placement.js";
import { splitAsExo } from "../../src/plan/exo-modern.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { Objective, PlanProblem } from "../../src/plan/plan-problem.js";
import { largeCluster, problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";
import { contextClasses } from "../support/random-problems.js";
import { printTable, quantile, shareText, times, timeText } from "./bench-table.js";

const workloadOf = (contextTokens: number) => ({ contextTokens, concurrency: 1, batch: 1 });

/** A cluster as placement reference 4.3 draws it; every second one has so little memory that many nodes are needed. */
function drawn(nodes: number, seed: number, contextTokens: number, facts: Partial<PlanProblem>): PlanProblem {
  const budgetGb = seed % 2 === 0 ? ([26, 40] as const) : ([15, 24] as const);
  const cluster = randomCluster(seededRandom(1000 * nodes + seed), {
    nodes,
    budgetGb,
    missingLinks: 0,
    asymmetricLinks: 0,
  });
  return problemOn(cluster, { workload: workloadOf(contextTokens), ...facts });
}

interface Timed {
  readonly ms: number;
  readonly gap: number;
}

function timed(problem: PlanProblem): Timed | undefined {
  const before = performance.now();
  const result = planCluster(problem);
  const ms = performance.now() - before;
  if (result.kind !== "plan") return undefined;
  return { ms, gap: result.optimal === true ? 0 : result.optimal.gap };
}

function timeRow(name: string, nodes: number, problems: readonly PlanProblem[]): readonly string[] {
  const runs = problems.flatMap((problem) => timed(problem) ?? []);
  const ms = runs.map((run) => run.ms);
  const exact = runs.filter((run) => run.gap === 0).length;
  const most = Math.max(...runs.map((run) => run.gap));
  const [median, late] = [quantile(ms, 0.5), quantile(ms, 0.95)];
  return [
    name,
    String(nodes),
    String(runs.length),
    timeText(median),
    timeText(late),
    `${exact}/${runs.length}`,
    shareText(most),
  ];
}

const drawnOver = (nodes: number, runs: number, facts: Partial<PlanProblem>): readonly PlanProblem[] =>
  contextClasses.flatMap((context) =>
    Array.from({ length: times(runs) }, (_, seed) => drawn(nodes, seed, context, facts)),
  );

/** Clusters whose nodes hold the model with little to spare: nearly all of them are needed, which leaves bounds little hold. */
function tight(nodes: number, seed: number, contextTokens: number): PlanProblem {
  const problem = drawn(nodes, 2 * seed + 1, contextTokens, {});
  const stored = 36 * 1.77e9 * (1.06 + 0.04 * (seed % 6));
  const meant = stored / nodes + 5.3e9;
  const mean = problem.nodes.reduce((sum, node) => sum + node.budgetBytes, 0) / nodes;
  const scaled = problem.nodes.map((node) => ({ ...node, budgetBytes: Math.round((node.budgetBytes * meant) / mean) }));
  return { ...problem, nodes: scaled };
}

const copies = { objective: "throughput", sharding: "auto", replicas: "auto" } as const;

test("time, gap and memory", () => {
  for (let seed = 0; seed < 10; seed += 1) timed(drawn(8, seed, 4096, {}));
  const sizes: readonly (readonly [Objective, number, number])[] = [
    ["latency", 8, 40],
    ["latency", 12, 40],
    ["latency", 16, 40],
    ["latency", 64, 10],
    ["bottleneck", 8, 20],
    ["bottleneck", 12, 20],
    ["bottleneck", 16, 10],
    ["bottleneck", 64, 4],
  ];
  const rows = sizes.map(([objective, nodes, runs]) =>
    timeRow(objective, nodes, drawnOver(nodes, runs, { objective })),
  );
  for (const nodes of [12, 16]) {
    const problems = contextClasses.flatMap((context) =>
      Array.from({ length: times(10) }, (_, seed) => tight(nodes, seed, context)),
    );
    rows.push(timeRow("latency, nearly all needed", nodes, problems));
  }
  for (const [nodes, runs] of [
    [8, 20],
    [12, 20],
    [64, 4],
  ] as const) {
    rows.push(timeRow("throughput, copies", nodes, drawnOver(nodes, runs, copies)));
  }
  const large = contextClasses.flatMap((context) =>
    [0, 1].map((seed) => largeCluster(1000, seed, workloadOf(context))),
  );
  rows.push(timeRow("latency", 1000, large));
  rows.push(
    timeRow(
      "bottleneck",
      1000,
      large.map((problem) => ({ ...problem, objective: "bottleneck" as const })),
    ),
  );
  rows.push(
    timeRow(
      "throughput, copies",
      1000,
      large.map((problem) => ({ ...problem, ...copies })),
    ),
  );
  printTable("Time to plan", ["objective", "nodes", "runs", "median", "p95", "gap 0", "largest gap"], rows);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`\nPeak memory of the process, test runner included: ${megabytes.toFixed(0)} MB\n`);
});

/** What exo 1.x's rule comes to on one cluster, as far as it can be compared. */
type ExoCase = { readonly kind: "overruns" | "refused" | "refused, would fit" } | { readonly slowerBy: number };

function exoCase(problem: PlanProblem): ExoCase | undefined {
  const result = planCluster(problem);
  const split = splitAsExo(problem);
  if (result.kind === "infeasible" || !("placed" in split)) return undefined;
  const { fits, latencySec } = evaluatePlacement(problem, split.placed);
  if (split.refused !== undefined) return { kind: fits ? "refused, would fit" : "refused" };
  return fits ? { slowerBy: latencySec / result.predicted.latencySec - 1 } : { kind: "overruns" };
}

/*
 * Placement reference 4.3 has 19, 45 and 106 of 200 clusters on which a rule like exo 1.x's breaks the memory limit, and 21,
 * 16 and 28 % at the median where it fits. Its counts are of the rule alone: "rule breaks the limit" here, which includes
 * the splits that exo itself refuses since 1.0.64 (card size x layers / 36 above free memory). What is left is the draw:
 * over many draws the rule breaks the limit in 17.5, 35 and 115 of 200 clusters, with standard deviations of 4, 5 and 7;
 * over 2,000 clusters the medians are 19.7, 18.6 and 17.5 %, and 95 % of draws of 200 have theirs within 16 to 24, 15 to 24
 * and 12 to 29 %. No other reading comes near: free memory of budget / 0.8, or the true size in place of the card's, give
 * 50 or more at 4 k, and free memory less the reserve gives next to none. Where exo begins its ring (at the node that
 * joined last, in a mesh) is not known here; it moves the medians by 2.5 points at most.
 */
test("beside exo 1.x's rule", () => {
  const runs = times(200);
  const rows = contextClasses.map((contextTokens) => {
    const cases = Array.from({ length: runs }, (_, seed) => {
      const random = seededRandom(9000 + seed);
      const cluster = randomCluster(random, { nodes: 6, budgetGb: [26, 40], missingLinks: 0, asymmetricLinks: 0 });
      return exoCase(problemOn(cluster, { workload: workloadOf(contextTokens) }));
    });
    const countOf = (kind: string): number => cases.filter((one) => one && "kind" in one && one.kind === kind).length;
    const slower = cases.flatMap((one) => (one && "slowerBy" in one ? [one.slowerBy] : []));
    return [
      String(contextTokens),
      `${countOf("overruns")} of ${runs}`,
      String(countOf("refused")),
      String(countOf("refused, would fit")),
      String(countOf("overruns") + countOf("refused")),
      shareText(quantile(slower, 0.5)),
      shareText(quantile(slower, 0.95)),
    ];
  });
  printTable(
    "Six nodes, exo 1.x's rule",
    [
      "context",
      "overruns",
      "refused, would overrun",
      "refused, would fit",
      "rule breaks the limit",
      "median slower",
      "p95",
    ],
    rows,
  );
});
