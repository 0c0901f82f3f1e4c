import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { FuzzResult } from "./fuzz.js";
import { targets } from "./targets.js";

/** A target that tells nothing for so long hangs: a case takes milliseconds. */
const silenceMs = 60_000;

/** Runs one target in a process that can be ended when it hangs. */
function runApart(name: string, cases: number, seed: number): Promise<FuzzResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("fuzz-one.ts", import.meta.url)), [name, String(cases), String(seed)]);
    let lastSeed = seed;
    const hangs = (): void => {
      child.kill("SIGKILL");
      const crash = `hangs after seed ${lastSeed}`;
      resolve({ name, cases, refused: 0, longestMs: Number.POSITIVE_INFINITY, crashes: [crash] });
    };
    let timer = setTimeout(hangs, silenceMs);
    child.on("message", (message: { readonly at?: number; readonly result?: FuzzResult }) => {
      clearTimeout(timer);
      timer = setTimeout(hangs, silenceMs);
      lastSeed = message.at ?? lastSeed;
      if (message.result !== undefined) resolve(message.result);
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      if (code !== 0) reject(new Error(`${name} ended with ${code}`));
    });
  });
}

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
let failed = 0;
for (const { name } of targets.filter((target) => values.only === undefined || target.name.includes(values.only))) {
  const startedAt = performance.now();
  const result = await runApart(name, Number(values.cases), Number(values.seed));
  const seconds = (performance.now() - startedAt) / 1_000;
  const speed = `${Math.round(result.cases / seconds)}/s`;
  const refused = `${result.refused} thrown refusals`;
  process.stdout.write(
    `${name.padEnd(24)} ${result.cases} cases, ${speed}, slowest ${result.longestMs.toFixed(0)} ms, ${refused}, ${result.crashes.length} crashes\n`,
  );
  for (const crash of result.crashes) process.stdout.write(`  ${crash}\n`);
  failed += result.crashes.length;
}
process.exitCode = failed === 0 ? 0 : 1;
