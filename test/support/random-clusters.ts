import type { PlanLink, PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { aModel, aPlanNode } from "./plan-problems.js";

/** A small generator of reproducible numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const betas = [180e9, 360e9, 400e9, 340e9, 277e9, 369e9, 170e9, 318e9, 425e9];
const overheads = [80e-6, 80e-6, 100e-6];
/** RDMA, Thunderbolt TCP, 10 GbE, 1 GbE (placement reference 3.5). */
const transports: readonly (readonly [alphaSec: number, bytesPerSec: number])[] = [
  [0.0006, 6e9],
  [0.0015, 2.5e9],
  [0.0018, 1.1e9],
  [0.0022, 0.11e9],
];

export interface RandomClusterOptions {
  readonly nodes: number;
  readonly budgetGb: readonly [from: number, to: number];
  /** Chance that a direction of a pair is not linked. */
  readonly missingLinks: number;
  /** Chance that the two directions of a pair are drawn apart. */
  readonly asymmetricLinks: number;
}

export interface RandomCluster {
  readonly nodes: readonly PlanNode[];
  readonly links: readonly PlanLink[];
}

/** Draws a cluster as placement reference 4.3 does. */
export function randomCluster(random: () => number, options: RandomClusterOptions): RandomCluster {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const [from, to] = options.budgetGb;
  const nodes = Array.from({ length: options.nodes }, (_, index) =>
    aPlanNode(`n${index}`, {
      budgetBytes: Math.round((from + random() * (to - from)) * 1e9),
      effBytesPerSec: pick(betas),
      overheadSecPerLayer: pick(overheads),
    }),
  );
  const links: PlanLink[] = [];
  for (const [index, one] of nodes.entries()) {
    for (const other of nodes.slice(index + 1)) {
      const there = pick(transports);
      const back = random() < options.asymmetricLinks ? pick(transports) : there;
      if (random() >= options.missingLinks) {
        links.push({ from: one.name, to: other.name, alphaSec: there[0], bytesPerSec: there[1] });
      }
      if (random() >= options.missingLinks) {
        links.push({ from: other.name, to: one.name, alphaSec: back[0], bytesPerSec: back[1] });
      }
    }
  }
  return { nodes, links };
}

/** Puts a cluster into a problem with the defaults of a plan request. */
export const problemOn = (cluster: RandomCluster, facts: Partial<PlanProblem> = {}): PlanProblem => ({
  ...cluster,
  model: aModel(),
  workload: { contextTokens: 8192, concurrency: 1, batch: 1 },
  objective: "latency",
  outputPolicy: "replicated",
  sharding: "pipeline",
  replicas: 1,
  minNodes: 1,
  maxNodes: cluster.nodes.length,
  pins: [],
  ...facts,
});

/** A cluster of a size that no search sees through: one switch, and five quicker or slower cables at each node. */
export function largeCluster(count: number, seed: number, workload: PlanProblem["workload"]): PlanProblem {
  const random = seededRandom(77 + seed);
  const budgetGb = seed % 2 === 0 ? ([26, 40] as const) : ([15, 24] as const);
  const nodes = Array.from({ length: count }, (_, index) => {
    const [node] = randomCluster(random, { nodes: 1, budgetGb, missingLinks: 0, asymmetricLinks: 0 }).nodes;
    return aPlanNode(
      `n${String(index).padStart(4, "0")}`,
      node && { ...node, name: `n${String(index).padStart(4, "0")}` },
    );
  });
  const links = new Map<string, PlanLink>();
  for (const [index, { name }] of nodes.entries()) {
    for (let cable = 0; cable < 5; cable += 1) {
      const other = nodes[Math.floor(random() * count)]?.name ?? name;
      const [alphaSec, bytesPerSec] = transports[Math.floor(random() * transports.length)] ?? [0.0018, 1.1e9];
      if (other === nodes[index]?.name) continue;
      for (const [from, to] of [
        [name, other],
        [other, name],
      ] as const) {
        const key = `${from} ${to}`;
        if (!links.has(key)) links.set(key, { from, to, alphaSec, bytesPerSec });
      }
    }
  }
  const defaultLink = { alphaSec: 0.0018, bytesPerSec: 1.1e9 };
  return problemOn({ nodes, links: [...links.values()] }, { defaultLink, workload });
}
