import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ClassicFlops, ClassicMachine } from "../../cluster/classic-topology.js";

const run = promisify(execFile);
const noFlops: ClassicFlops = { fp32: 0, fp16: 0, int8: 0 };

/** fp32 TFLOPS that exo 0.0.15 shows for a chip; it takes fp16 as twice that and int8 as four times. Others show 0. */
const fp32 = new Map([
  ["Apple M1", 2.29],
  ["Apple M1 Pro", 5.3],
  ["Apple M1 Max", 10.6],
  ["Apple M1 Ultra", 21.2],
  ["Apple M2", 3.55],
  ["Apple M2 Pro", 5.68],
  ["Apple M2 Max", 13.49],
  ["Apple M2 Ultra", 26.98],
  ["Apple M3", 3.55],
  ["Apple M3 Pro", 4.97],
  ["Apple M3 Max", 14.2],
  ["Apple M4", 4.26],
  ["Apple M4 Pro", 5.72],
]);

/** The one chip of the table whose numbers are not multiples of each other. */
const m4Max: ClassicFlops = { fp32: 18.03, fp16: 36.07, int8: 72.14 };

export function chipFlops(chip: string): ClassicFlops {
  if (chip === "Apple M4 Max") return m4Max;
  const single = fp32.get(chip);
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  return single === undefined ? noFlops : { fp32: single, fp16: rounded(single * 2), int8: rounded(single * 4) };
}

/**
 * What `system_profiler SPHardwareDataType` says, first on this PATH: exo starts it by its bare name, so a program of that name
 * earlier on the PATH decides. Whatever goes wrong is an unknown machine without memory, as with exo.
 */
export async function measureMachine(env: Readonly<Record<string, string | undefined>>): Promise<ClassicMachine> {
  try {
    const { stdout } = await run("system_profiler", ["SPHardwareDataType"], { env: { ...env }, timeout: 10_000 });
    return readHardware(stdout);
  } catch {
    return { model: "Unknown Model", chip: "Unknown Chip", memoryMb: 0, flops: noFlops };
  }
}

/**
 * exo's reading of that output: the first line that contains the word, what follows its first ": ", and a number whose unit counts
 * only if it is `GB`; any other is taken for MB.
 *
 * @throws TypeError when the memory is not a number and a unit
 */
export function readHardware(output: string): ClassicMachine {
  const lines = output.split("\n");
  const said = (word: string, otherwise: string): string =>
    lines.find((line) => line.includes(word))?.split(": ")[1] ?? otherwise;
  const chip = said("Chip", "Unknown Chip");
  const [amount, unit] = said("Memory", "Unknown Memory").trim().split(/\s+/);
  if (amount === undefined || unit === undefined || !/^[+-]?\d{1,12}$/.test(amount)) throw new TypeError("no memory");
  const memoryMb = Number(amount) * (unit === "GB" ? 1_024 : 1);
  return { model: said("Model Name", "Unknown Model"), chip, memoryMb, flops: chipFlops(chip) };
}
