import { describe, expect, test } from "vitest";
import { checkInvariant } from "../support/check-invariant.js";
import { planInvariants } from "../support/plan-invariants.js";

/** `npm run check:plan-invariants` runs each of them 10,000 times. */
const runs = 25;

describe("of any problem", () => {
  test.each(planInvariants.map((invariant) => [invariant.name, invariant] as const))("%s", (_, invariant) => {
    const cases = checkInvariant(invariant, runs);
    expect([...cases.values()].reduce((sum, count) => sum + count, 0)).toBe(runs);
  });
});
