import { z } from "zod";
import { type Refused, refused } from "./conversion-steps.js";

/** What a Python with mlx-lm says about itself. */
export interface ConverterReport {
  readonly version: string;
  /** Names that `model_type` of a config.json may have. */
  readonly modelTypes: readonly string[];
}

/**
 * The oldest mlx-lm that makes every quantisation from every source: 0.26 knows gpt-oss but breaks on quantising it, 0.27 keeps MXFP4
 * experts but can't unpack them, and both ask the network for the model card at the end of the work.
 */
export const oldestMlxLm = "0.28.4";

const reportSchema = z.object({
  version: z.string().max(64),
  modelTypes: z.array(z.string().max(200)).max(10_000),
});

/** Reads the report from a line of JSON; undefined when it is none. */
export function readConverterReport(text: string): ConverterReport | undefined {
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // whatever it printed, it is not the report
  }
}

const numbersOf = (version: string): readonly number[] =>
  (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);

function isOlder(version: string, than: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(than)];
  const at = right.findIndex((number, index) => number !== (left[index] ?? 0));
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

/** Whether this mlx-lm can convert models of that type. */
export function checkConverter(report: ConverterReport, modelType: string | null): Refused | { readonly kind: "fine" } {
  if (isOlder(report.version, oldestMlxLm))
    return refused(
      `mlx-lm ${report.version} is too old to convert models: ${oldestMlxLm} is the oldest that does it right`,
      "Update the mlx-lm of the converter's Python, or start the agent with --converter-python and another one.",
    );
  if (modelType === null || !report.modelTypes.includes(modelType))
    return refused(
      `mlx-lm ${report.version} knows no models of type ${modelType ?? "(none stated)"}`,
      "Update the mlx-lm of the converter's Python, if a newer one knows them.",
    );
  return { kind: "fine" };
}
