import type { Objective, OutputPolicy, PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { aModel } from "./plan-problems.js";
import { problemOn, randomCluster, seededRandom } from "./random-clusters.js";

export const contextClasses = [4096, 32_768, 131_072] as const;
export const objectives: readonly Objective[] = ["latency", "bottleneck", "throughput"];
export const policies: readonly OutputPolicy[] = ["replicated", "tail"];
const budgets = [
  [20, 44],
  [26, 80],
  [50, 110],
] as const;
/** All of 36 layers. */
const quantizations = ["MXFP4-Q8", "MXFP4-Q8", "MXFP4-Q8", "MXFP4-Q4", "affine-4"] as const;
const shardings = ["pipeline", "pipeline", "pipeline", "auto", "auto", "auto", "tensor"] as const;

export interface RandomProblemOptions {
  readonly seed: number;
  readonly mostNodes: number;
  /** `one-pipeline`: exactly the problem of placement reference 4.1. `any`: copies and tensor pairs too. */
  readonly modes: "one-pipeline" | "any";
  /** Instead of what would be drawn. */
  readonly facts?: Partial<PlanProblem>;
  readonly contextTokens?: number;
}

const pickFrom = <T>(random: () => number, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

/** Reserves apart, and sometimes a cordon; never on the node that may be pinned. */
function drawNodes(random: () => number, nodes: readonly PlanNode[], pinnable: PlanNode): readonly PlanNode[] {
  return nodes.map((node) => ({
    ...node,
    reserveBytes: random() < 0.7 ? node.reserveBytes : Math.round(random() * 6e9),
    cordoned: node !== pinnable && random() < 0.1,
  }));
}

function drawPins(random: () => number, node: PlanNode): PlanProblem["pins"] {
  const start = Math.floor(random() * 30);
  const end = Math.min(36, start + 1 + Math.floor(random() * 6));
  return random() < 0.2 ? [{ node: node.name, layers: { start, end } }] : [];
}

/** Draws a problem: links missing and one-way, limits, pins, cordons and default links now and then. The same by seed. */
export function randomProblem(options: RandomProblemOptions): PlanProblem {
  const random = seededRandom(options.seed);
  const pick = <T>(items: readonly T[]): T => pickFrom(random, items);
  // The root draws larger clusters more often: few single nodes hold the model.
  const count = 1 + Math.floor(Math.sqrt(random()) * options.mostNodes);
  const cluster = randomCluster(random, {
    nodes: count,
    budgetGb: pick(budgets),
    missingLinks: pick([0, 0, 0.25, 0.55]),
    asymmetricLinks: 0.5,
  });
  const pinnable = pick(cluster.nodes);
  const minNodes = random() < 0.2 ? Math.min(count, 2) : 1;
  const drawn: Partial<PlanProblem> = {
    nodes: drawNodes(random, cluster.nodes, pinnable),
    model: aModel("gpt-oss-120b", pick(quantizations)),
    objective: pick(objectives),
    outputPolicy: pick(policies),
    workload: {
      contextTokens: options.contextTokens ?? pick(contextClasses),
      concurrency: pick([1, 1, 1, 1, 4, 8]),
      batch: pick([1, 1, 1, 4]),
    },
    minNodes,
    maxNodes: random() < 0.2 ? Math.max(minNodes, count - 1) : count,
    pins: drawPins(random, pinnable),
    ...(random() < 0.1 ? { defaultLink: { alphaSec: 0.002, bytesPerSec: 0.5e9 } } : {}),
  };
  const modes: Partial<PlanProblem> =
    options.modes === "any" ? { sharding: pick(shardings), replicas: pick([1, "auto"] as const) } : {};
  return problemOn(cluster, { ...drawn, ...modes, ...options.facts });
}
