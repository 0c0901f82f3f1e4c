import type { ConversionPhase, ConversionProgress } from "../models/convert/conversion.js";

const phaseWords: Readonly<Record<ConversionPhase, string>> = {
  checking: "checking once more",
  loading: "loading",
  quantizing: "quantising",
  dequantizing: "unpacking",
  writing: "writing",
  inspecting: "inspecting the result",
};

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1);

/** How far a conversion is, in one line: `step 1 of 2, writing 3.2 of 233.7 GB (1 %)`. */
export function progressNote({ phase, step, steps, writtenBytes, expectedBytes }: ConversionProgress): string {
  const which = steps > 1 ? `step ${step} of ${steps}, ` : "";
  if (phase !== "writing" || expectedBytes === 0) return `${which}${phaseWords[phase]}`;
  // Headers and the tokenizer come on top of the weights; an estimate may be wrong.
  const percent = Math.min(100, Math.floor((writtenBytes / expectedBytes) * 100));
  return `${which}writing ${gigabytes(writtenBytes)} of ${gigabytes(expectedBytes)} GB (${percent} %)`;
}
