import { fuzz } from "./fuzz.js";
import { targets } from "./targets.js";

/** A process of its own for one target: `fuzz-one.ts NAME CASES SEED`. Tells its parent every second where it is, and at the end the result. */
const [, , name, cases, seed] = process.argv;
const target = targets.find((candidate) => candidate.name === name);
if (target === undefined) throw new Error(`there is no target ${name}`);
let toldAt = 0;
const result = fuzz(target, Number(cases), Number(seed), (at) => {
  if (performance.now() - toldAt < 1_000) return;
  toldAt = performance.now();
  process.send?.({ at });
});
process.send?.({ result });
