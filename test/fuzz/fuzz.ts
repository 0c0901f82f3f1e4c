import { mutate, randomOf } from "./mutate.js";
import type { FuzzTarget } from "./target.js";

/** A parser that works longer on one case hangs. A case has 20 kB at most. */
const mostMs = 2_000;

/** Time of the processor since then, so that a busy machine is not taken for a slow parser. */
function workedMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

/** What came of a run. */
export interface FuzzResult {
  readonly name: string;
  readonly cases: number;
  readonly refused: number;
  readonly longestMs: number;
  /** Each with the seed that repeats it. */
  readonly crashes: readonly string[];
}

/**
 * Runs a target on so many spoilt inputs.
 *
 * @param onCase told each case's seed before it is run, so that somebody else can tell which one never ended
 */
export function fuzz(
  target: FuzzTarget,
  cases: number,
  firstSeed: number,
  onCase?: (seed: number) => void,
): FuzzResult {
  const crashes: string[] = [];
  let [refused, longestMs] = [0, 0];
  for (let seed = firstSeed; seed < firstSeed + cases && crashes.length < 10; seed += 1) {
    onCase?.(seed);
    const bytes = mutate(target.samples, randomOf(seed));
    const before = process.cpuUsage();
    try {
      target.run(bytes);
    } catch (error) {
      if (target.refuses.some((kind) => error instanceof kind)) refused += 1;
      else crashes.push(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    const tookMs = workedMs(before);
    longestMs = Math.max(longestMs, tookMs);
    if (tookMs > mostMs) crashes.push(`seed ${seed}: took ${Math.round(tookMs)} ms`);
  }
  return { name: target.name, cases, refused, longestMs, crashes };
}
