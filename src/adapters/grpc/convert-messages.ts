import { z } from "zod";
import { RefusalError } from "../../agent/refusal.js";
import { isModelId } from "../../cluster/names.js";
import type {
  ConversionCheck,
  ConversionOrder,
  ConversionProgress,
  ConversionResult,
} from "../../models/convert/conversion.js";
import { readModelId } from "../../register/entry-schema.js";
import type { ConversionCheck as CheckMessage } from "./generated/exoctl/agent/v1/ConversionCheck.js";
import type { ConversionOrder as OrderMessage } from "./generated/exoctl/agent/v1/ConversionOrder.js";
import type { ConversionUpdate as UpdateMessage } from "./generated/exoctl/agent/v1/ConversionUpdate.js";
import { wordOf } from "./report-messages.js";

const quantizationWords = {
  "MXFP4-Q8": "CONVERSION_QUANTIZATION_MXFP4_Q8",
  "MXFP4-Q4": "CONVERSION_QUANTIZATION_MXFP4_Q4",
  "affine-4": "CONVERSION_QUANTIZATION_AFFINE_4",
  "affine-8": "CONVERSION_QUANTIZATION_AFFINE_8",
  bf16: "CONVERSION_QUANTIZATION_BF16",
} as const;
const phaseWords = {
  checking: "CONVERSION_PHASE_CHECKING",
  loading: "CONVERSION_PHASE_LOADING",
  quantizing: "CONVERSION_PHASE_QUANTIZING",
  dequantizing: "CONVERSION_PHASE_DEQUANTIZING",
  writing: "CONVERSION_PHASE_WRITING",
  inspecting: "CONVERSION_PHASE_INSPECTING",
} as const;

export const orderMessage = (order: ConversionOrder): OrderMessage => ({
  ...order,
  quantization: quantizationWords[order.quantization],
});

/** @throws RefusalError `invalid` when a field is not what it should be */
export function readOrder(message: OrderMessage): ConversionOrder {
  const quantization = wordOf(quantizationWords).safeParse(message.quantization);
  if (!quantization.success)
    throw new RefusalError("invalid", "quantization: expected one of the words of the contract");
  const [source, target] = [readTarget(message.source, "source"), readTarget(message.target, "target")];
  return { source, target, quantization: quantization.data };
}

/** @throws RefusalError `invalid` when it is no model id */
export function readTarget(raw: unknown, field: "source" | "target") {
  const id = readModelId(raw);
  if (id === undefined) throw new RefusalError("invalid", `${field}: expected a model id such as owner/name`);
  return id;
}

export function checkMessage(check: ConversionCheck): CheckMessage {
  if (check.kind === "not-possible") return { obstacles: check.obstacles.map(({ why, fix }) => ({ why, fix })) };
  const { steps, needs, freeDiskBytes, availableMemoryBytes, mlxLmVersion } = check.conversion;
  return {
    obstacles: [],
    conversion: {
      steps: steps.map(({ into, args, expected }) => ({
        into: quantizationWords[into],
        arguments: [...args],
        expectedBytes: expected.bytes,
        exact: expected.sureness === "exact",
      })),
      neededDiskBytes: needs.diskBytes,
      neededMemoryBytes: needs.memoryBytes,
      freeDiskBytes,
      availableMemoryBytes,
      mlxLmVersion,
    },
  };
}

export const progressMessage = (progress: ConversionProgress): UpdateMessage => ({
  progress: { ...progress, phase: phaseWords[progress.phase], lines: [...progress.lines] },
});

export const resultMessage = (result: ConversionResult): UpdateMessage => ({
  result: { ...result, quantization: quantizationWords[result.quantization] },
});

const text = z.string().max(4_096);
const bytes = z.number().int().nonnegative();
const count = z.number().int().nonnegative();
const quantization = wordOf(quantizationWords);

const stepSchema = z
  .object({ into: quantization, expectedBytes: bytes, exact: z.boolean(), arguments: z.array(text).max(32) })
  .transform((step) => ({
    into: step.into,
    args: step.arguments,
    expected: { bytes: step.expectedBytes, sureness: step.exact ? ("exact" as const) : ("estimated" as const) },
  }));

const checkSchema = z.object({
  obstacles: z.array(z.object({ why: text, fix: text })).max(32),
  conversion: z
    .object({
      steps: z.tuple([stepSchema], stepSchema),
      neededDiskBytes: bytes,
      neededMemoryBytes: bytes,
      freeDiskBytes: bytes,
      availableMemoryBytes: bytes,
      mlxLmVersion: text,
    })
    .nullish(),
});

/** @throws when an agent answers something else than its contract says */
export function readCheck(message: unknown): ConversionCheck {
  const { obstacles, conversion } = checkSchema.parse(message);
  if (obstacles.length > 0) return { kind: "not-possible", obstacles };
  if (conversion === null || conversion === undefined) throw new RangeError("neither obstacles nor a conversion");
  const { neededDiskBytes, neededMemoryBytes, ...rest } = conversion;
  const needs = { diskBytes: neededDiskBytes, memoryBytes: neededMemoryBytes };
  return { kind: "possible", conversion: { ...rest, needs } };
}

/** One message of a conversion's stream. */
export type ConversionUpdate =
  | { readonly kind: "progress"; readonly progress: ConversionProgress }
  | { readonly kind: "result"; readonly result: ConversionResult };

const updateSchema = z.object({
  progress: z
    .object({
      phase: wordOf(phaseWords),
      step: count,
      steps: count,
      writtenBytes: bytes,
      expectedBytes: bytes,
      lines: z.array(text).max(64),
    })
    .nullish(),
  result: z
    .object({
      target: z.string().refine(isModelId),
      quantization,
      layers: count,
      weightBytes: bytes,
      bitsPerWeight: z.number().nonnegative(),
      tookMs: bytes,
    })
    .nullish(),
});

/** @throws when an agent sends something else than its contract says */
export function readUpdate(message: unknown): ConversionUpdate {
  const { progress, result } = updateSchema.parse(message);
  if (result !== null && result !== undefined) return { kind: "result", result };
  if (progress !== null && progress !== undefined) return { kind: "progress", progress };
  throw new RangeError("neither progress nor a result");
}
