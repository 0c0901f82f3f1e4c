import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findBlockEnds } from "../../src/plan/block-ends.js";
import { prepareTables } from "../../src/plan/cost-tables.js";
import { atLeast, atMost, exactly, type NodeCounting } from "../../src/plan/node-counting.js";
import { leastSecInOrder } from "../../src/plan/place-in-order.js";
import { createRingBound } from "../../src/plan/ring-bound.js";
import { latencySpace, type SearchSpace } from "../../src/plan/search-space.js";
import { problemOn, randomCluster, seededRandom } from "../support/random-clusters.js";

function aSpace(random: () => number): SearchSpace {
  const nodes = 2 + Math.floor(random() * 5);
  const cluster = randomCluster(random, {
    nodes,
    budgetGb: random() < 0.5 ? [14, 30] : [26, 80],
    missingLinks: random() < 0.5 ? 0 : 0.3,
    asymmetricLinks: 0.5,
  });
  const contextTokens = random() < 0.5 ? 4096 : 131_072;
  const problem = problemOn(cluster, {
    workload: { contextTokens, concurrency: 1, batch: 1 },
    outputPolicy: random() < 0.5 ? "replicated" : "tail",
  });
  const tables = prepareTables(problem, "usable");
  return latencySpace(problem, tables, findBlockEnds(problem, tables));
}

/** Every ring that begins with the node, by number of nodes: the cheapest one. */
function cheapestRings(space: SearchSpace, first: number): readonly number[] {
  const best = Array<number>(space.nodeCount + 1).fill(Number.POSITIVE_INFINITY);
  const visit = (order: readonly number[]): void => {
    if (order.length > 1) {
      best[order.length] = Math.min(best[order.length] ?? 0, leastSecInOrder(space, order));
    }
    for (let node = 0; node < space.nodeCount; node += 1) if (!order.includes(node)) visit([...order, node]);
  };
  visit([first]);
  return best;
}

describe("the bound of rings by their first node", () => {
  const countings: readonly (readonly [string, NodeCounting, (size: number) => boolean])[] = [
    ["any size", atLeast(1), (size) => size >= 2],
    ["three nodes or more", atLeast(2), (size) => size >= 3],
    ["three nodes or fewer", atMost(2), (size) => size >= 2 && size <= 3],
    ["exactly four nodes", exactly(3), (size) => size === 4],
  ];

  test.each(countings)("%s: never above the cheapest ring, whatever the prices", (_name, counting, admits) => {
    let tight = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const random = seededRandom(seed);
        const space = aSpace(random);
        const bound = createRingBound(space, counting);
        const first = Math.floor(random() * space.nodeCount);
        const cheapest = Math.min(...cheapestRings(space, first).filter((_, size) => admits(size)));
        const isPriced = random() < 0.5;
        const prices = Float64Array.from({ length: space.nodeCount }, () => (isPriced ? random() * 0.004 : 0));
        prices[first] = 0;
        bound.fill(first, prices);
        const sec = bound.leastSec(first);
        if (cheapest === Number.POSITIVE_INFINITY) return;
        expect(sec).toBeLessThanOrEqual(cheapest * (1 + 1e-12));
        const walk = [first, ...bound.walk(first)];
        if (isPriced || new Set(walk).size < walk.length) return;
        // Without prices, a walk in which no node comes twice is a ring, and the bound what it costs.
        tight += 1;
        expect(Math.abs(sec / cheapest - 1)).toBeLessThan(1e-12);
        expect(Math.abs(sec / leastSecInOrder(space, walk) - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 150, seed: 12 },
    );
    expect(tight).toBeGreaterThan(10);
  });

  test("rings that begin with anybody are bounded by the cheapest of all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const space = aSpace(seededRandom(seed));
        const bound = createRingBound(space, atLeast(1));
        bound.fill(-1, new Float64Array(space.nodeCount));
        for (let first = 0; first < space.nodeCount; first += 1) {
          const cheapest = Math.min(...cheapestRings(space, first));
          expect(bound.leastSec(first)).toBeLessThanOrEqual(cheapest * (1 + 1e-12));
        }
      }),
      { numRuns: 60, seed: 13 },
    );
  });
});
