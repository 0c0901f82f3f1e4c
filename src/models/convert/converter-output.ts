import type { ConversionPhase } from "./conversion.js";

/** Longer lines are cut, so that no output, however odd, takes much memory. */
const longestLine = 500;
/** Lines that are kept for explaining a failure. */
const keptLines = 40;

/** What is known from the output of one run so far. Immutable: every chunk gives the next one. */
export interface ConverterOutput {
  readonly phase: ConversionPhase;
  /** The newest lines, oldest first. */
  readonly tail: readonly string[];
  /** The newest lines of the last chunk. */
  readonly fresh: readonly string[];
  /** The newest line that names an error: what is missing may be listed in a thousand lines after it. */
  readonly error?: string;
  /** The beginning of a line that has not ended yet. */
  readonly rest: string;
}

export const noOutput: ConverterOutput = { phase: "loading", tail: [], fresh: [], rest: "" };

/** Lines by which mlx_lm says what comes next; after the last of them it writes, without a word. */
const phaseOf: readonly (readonly [RegExp, ConversionPhase])[] = [
  [/^\[INFO\] Loading$/, "loading"],
  [/^\[INFO\] Quantizing$/, "quantizing"],
  [/^\[INFO\] Dequantizing$/, "dequantizing"],
  [/^\[INFO\] Quantized model with [\d.]+ bits per weight\.?$/, "writing"],
];

/** How Python ends what it says about a failure. */
const namesError = /^[A-Za-z_][\w.]*(?:Error|Exception|KeyboardInterrupt)\b/;

/** Takes up some more text. Progress bars end their lines with a carriage return. */
export function readOutput(before: ConverterOutput, chunk: string): ConverterOutput {
  const pieces = (before.rest + chunk).split(/\r\n|\n|\r/);
  const rest = (pieces.pop() ?? "").slice(0, longestLine);
  const lines = pieces.map(cleanLine).filter((line) => line !== "");
  const told = lines.findLast((line) => phaseOf.some(([said]) => said.test(line)));
  const phase = phaseOf.find(([said]) => told !== undefined && said.test(told))?.[1] ?? before.phase;
  const error = lines.findLast((line) => namesError.test(line)) ?? before.error;
  const tail = [...before.tail, ...lines].slice(-keptLines);
  return { phase, fresh: lines.slice(-keptLines), rest, tail, ...(error === undefined ? {} : { error }) };
}

/** Without colours and other control characters: this goes to terminals. */
const cleanLine = (line: string): string =>
  line
    .slice(0, longestLine)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trimEnd();
