import { z } from "zod";
import { isModelId, type ModelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";

/** A folder name made of a model id has to fit into the 255 bytes that file systems allow, with our ending. */
const maxIdLength = 200;

const idText = z.custom<ModelId>(
  (value) => typeof value === "string" && value.length <= maxIdLength && isModelId(value),
  "expected a model id: owner/name of letters, digits, dots, dashes and underscores, without ..",
);
const count = (max: number) => z.number().int().min(1).max(max);
/** No control characters, and nothing that is not valid Unicode. */
const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), "expected plain text without control characters");

/** What an entry of exo's registry may say. Limits are far above any real model and keep nonsense out. */
const entrySchema = z
  .strictObject({
    modelId: idText,
    weightsOf: idText,
    layers: count(10_000),
    hiddenSize: count(1_000_000),
    kvHeads: count(100_000),
    contextTokens: count(1_000_000_000),
    storageBytes: count(Number.MAX_SAFE_INTEGER),
    supportsTensor: z.boolean(),
    family: plainText(64),
    quantization: plainText(64),
    baseModel: plainText(128),
    capabilities: z.array(plainText(64)).max(32),
  })
  .readonly();

export type CheckedEntry =
  | { readonly kind: "entry"; readonly entry: EntrySpec }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Checks an entry that came from outside. Every problem is named with its field, none of them repeats the value. */
export function checkEntry(raw: unknown): CheckedEntry {
  const result = entrySchema.safeParse(raw);
  if (result.success) return { kind: "entry", entry: result.data };
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "entry"}: ${issue.message}`);
  return { kind: "problems", problems };
}

/** A model id from outside, or undefined. */
export const readModelId = (raw: unknown): ModelId | undefined => idText.safeParse(raw).data;
