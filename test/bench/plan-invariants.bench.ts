import { afterAll, test } from "vitest";
import { checkInvariant } from "../support/check-invariant.js";
import { planInvariants } from "../support/plan-invariants.js";
import { printTable, times } from "./bench-table.js";

const rows: (readonly string[])[] = [];

test.each(planInvariants.map((invariant) => [invariant.name, invariant] as const))("%s", (name, invariant) => {
  const runs = times(10_000);
  const cases = [...checkInvariant(invariant, runs)].toSorted(([, one], [, other]) => other - one);
  rows.push([name, String(runs), cases.map(([found, count]) => `${count} ${found}`).join("; ")]);
});

afterAll(() => printTable("Invariants that hold", ["invariant", "runs", "cases"], rows));
