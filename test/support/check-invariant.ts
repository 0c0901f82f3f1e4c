import fc from "fast-check";
import type { PlanInvariant } from "./plan-invariants.js";
import { seededRandom } from "./random-clusters.js";
import { randomProblem } from "./random-problems.js";

/** Runs one invariant on so many random problems, always the same ones; a failure names the seed of its problem. */
export function checkInvariant({ check }: PlanInvariant, runs: number): ReadonlyMap<string, number> {
  const cases = new Map<string, number>();
  const seeds = fc.noBias(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(seeds, (seed) => {
      const problem = randomProblem({ seed, mostNodes: 6, modes: "any" });
      const found = check(problem, seededRandom(seed + 1));
      cases.set(found, (cases.get(found) ?? 0) + 1);
    }),
    { numRuns: runs, seed: 20_260_822, endOnFailure: true },
  );
  return cases;
}
