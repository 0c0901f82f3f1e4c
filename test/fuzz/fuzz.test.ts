import { expect, test } from "vitest";
import { fuzz } from "./fuzz.js";
import { targets } from "./targets.js";

/** The short run; `scripts/fuzz` does a million of each. */
const cases = 30;

test.each(targets)("$name: nothing but a proper refusal comes of spoilt bytes", (target) => {
  for (const sample of target.samples) target.run(sample);
  expect(fuzz(target, cases, 1).crashes).toEqual([]);
});

test("a crash is found and told with its seed", () => {
  const run = (bytes: Buffer): void => {
    if (bytes.length < 10) throw new RangeError("too short");
  };
  const { crashes } = fuzz({ name: "bad", samples: [Buffer.from("0123456789")], run, refuses: [] }, 500, 7);
  expect(crashes[0]).toMatch(/^seed \d+: RangeError: too short/);
});
