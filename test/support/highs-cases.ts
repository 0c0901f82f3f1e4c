import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { problemOn, randomCluster, seededRandom } from "./random-clusters.js";
import { contextClasses, policies } from "./random-problems.js";

export const highsCaseCount = 24;

/** One of 24 problems of all 36 layers: both objectives and policies, 4 to 6 nodes, with and without missing links. */
export function highsCase(index: number): PlanProblem {
  const random = seededRandom(7000 + index);
  const cluster = randomCluster(random, {
    nodes: 4 + (index % 3),
    budgetGb: [18, 44],
    missingLinks: index % 8 < 4 ? 0 : 0.2,
    asymmetricLinks: 0.5,
  });
  return problemOn(cluster, {
    objective: index % 2 === 0 ? "latency" : "bottleneck",
    outputPolicy: policies[Math.floor(index / 2) % 2] ?? "replicated",
    workload: { contextTokens: contextClasses[Math.floor(index / 8) % 3] ?? 4096, concurrency: 1, batch: 1 },
  });
}
