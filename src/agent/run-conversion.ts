import type {
  ConversionOrder,
  ConversionProgress,
  ConversionResult,
  ConversionStep,
} from "../models/convert/conversion.js";
import { noOutput, readOutput } from "../models/convert/converter-output.js";
import { explainFailure } from "../models/convert/explain-failure.js";
import { type GoodResult, judgeResult } from "../models/convert/judge-result.js";
import { inspectModel } from "../models/inspect/inspect-model.js";
import type { PlacedFolders } from "../register/placed-folders.js";
import type { Clock } from "../runtime/clock.js";
import { type ConversionCheckParts, type ConversionSource, checkConversion } from "./check-conversion.js";
import type { ConversionFolder } from "./conversion-folders.js";
import type { Converter } from "./converter.js";
import { refusingBlockedPaths } from "./ensure-entry.js";
import { RefusalError } from "./refusal.js";

export type ReportConversion = (progress: ConversionProgress) => void;

export interface ConversionParts extends ConversionCheckParts {
  readonly placed: PlacedFolders;
  readonly clock: Clock;
}

/** How often the size of what is written is looked at. The converter itself is silent while it writes. */
const lookEveryMs = 1_000;

const refuse = (message: string): RefusalError => new RefusalError("not_possible", message);

/**
 * Checks, converts under a temporary name, inspects the result, and gives it its name. Whatever goes wrong, and also after an
 * abort, nothing of it is left.
 *
 * @throws RefusalError `not_possible` with the reason in one sentence
 */
export async function runConversion(
  parts: ConversionParts,
  order: ConversionOrder,
  report: ReportConversion,
  signal: AbortSignal,
): Promise<ConversionResult> {
  const startedAt = parts.clock.now();
  try {
    report({ phase: "checking", step: 1, steps: 1, writtenBytes: 0, expectedBytes: 0, lines: [] });
    const check = await checkConversion(parts, order, signal);
    if (check.kind === "not-possible") throw refuse(check.obstacles.map(({ why }) => why).join("; "));
    const folder = await parts.folders.open(order.target);
    try {
      const found = await runSteps(parts, folder, check.source, check.conversion.steps, report, signal);
      await place(parts, folder, order);
      const { kind: _good, ...facts } = found;
      return { target: order.target, ...facts, tookMs: parts.clock.now() - startedAt };
    } finally {
      await removeAll(folder);
    }
  } catch (error) {
    if (!signal.aborted || error instanceof RefusalError) throw error;
    throw new RefusalError("not_possible", "the conversion was cancelled, and nothing of it is left", { cause: error });
  }
}

/** The part that becomes the model. */
const lastPart = "model";

async function runSteps(
  parts: ConversionParts,
  folder: ConversionFolder,
  source: ConversionSource,
  steps: readonly ConversionStep[],
  report: ReportConversion,
  signal: AbortSignal,
): Promise<GoodResult> {
  const { converter } = parts;
  if (converter === undefined) throw new Error("the checks let nothing through without a converter");
  let from = source.path;
  let good: GoodResult | undefined;
  for (const [index, step] of steps.entries()) {
    const part = index === steps.length - 1 ? lastPart : `step-${index + 1}`;
    const at = { step: index + 1, steps: steps.length, expectedBytes: step.expected.bytes };
    const tell: ReportPart = (progress) => report({ ...at, ...progress });
    await runStep({ converter, clock: parts.clock }, folder, { from, part, step }, tell, signal);
    if (index > 0) await folder.removePart(`step-${index}`);
    const writtenBytes = await folder.writtenBytes(part);
    if (writtenBytes === 0) throw refuse("mlx_lm ended well, but it wrote nothing");
    tell({ phase: "inspecting", writtenBytes, lines: [] });
    const judged = judgeResult(source.inspection, await inspectModel(await folder.filesOf(part), part), step);
    signal.throwIfAborted();
    if (judged.kind === "bad") throw refuse(`mlx_lm ended well, but what it wrote is of no use: ${judged.why}`);
    good = judged;
    from = folder.pathOf(part);
  }
  if (good === undefined) throw new Error("a conversion has at least one step");
  return good;
}

type ReportPart = (progress: Pick<ConversionProgress, "phase" | "writtenBytes" | "lines">) => void;

/** One run of the converter, with a look at the disk every second. */
async function runStep(
  { converter, clock }: { readonly converter: Converter; readonly clock: Clock },
  folder: ConversionFolder,
  { from, part, step }: { readonly from: string; readonly part: string; readonly step: ConversionStep },
  tell: ReportPart,
  signal: AbortSignal,
): Promise<void> {
  let output = noOutput;
  let untold: readonly string[] = [];
  const tellNow = async (): Promise<void> => {
    const writtenBytes = await folder.writtenBytes(part);
    const lines = untold;
    untold = [];
    tell({ phase: writtenBytes > 0 ? "writing" : output.phase, writtenBytes, lines });
  };
  const onOutput = (chunk: string): void => {
    output = readOutput(output, chunk);
    untold = [...untold, ...output.fresh].slice(-20);
  };
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      await tellNow();
      await clock.sleep(lookEveryMs, over.signal);
    }
  };
  const watching = watch().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  const run = { source: from, result: folder.pathOf(part), args: step.args };
  // Whichever ends first: a disk that can't be looked at ends the run as well.
  const stop = AbortSignal.any([signal, over.signal]);
  const running = converter.run(run, onOutput, stop);
  try {
    const exit = await Promise.race([running, watching.then(() => running)]);
    signal.throwIfAborted();
    if (exit.code !== 0) throw refuse(explainFailure(exit, output));
  } finally {
    over.abort(new Error("the run is over"));
    await Promise.allSettled([running, watching]);
  }
  await tellNow();
}

/** Written down first: a folder that we can't prove to be ours would never be removed again. */
async function place(
  { placed, folders }: ConversionParts,
  folder: ConversionFolder,
  order: ConversionOrder,
): Promise<void> {
  const path = folders.pathOf(order.target);
  await refusingBlockedPaths(async () => {
    await placed.remember(path, "convert");
    try {
      await folder.place(lastPart);
    } catch (error) {
      await placed.forget(path);
      throw error;
    }
  });
}

async function removeAll(folder: ConversionFolder): Promise<void> {
  try {
    await folder.remove();
  } catch (cause) {
    const message = `what the conversion wrote could not be removed from ${folder.pathOf("")}; the agent tries again at its next start`;
    throw new RefusalError("not_possible", message, { cause });
  }
}
