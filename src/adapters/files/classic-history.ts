import { z } from "zod";
import type { RegistryEdit } from "../../register/classic/edit-history.js";
import type { FileCalls } from "./classic-file-calls.js";
import { unlessMissing } from "./registry-paths.js";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What stands beside `models.py` about our edits. */
const recordSchema = z.strictObject({
  format: z.literal("exoctl/models.py/1"),
  edits: z.array(
    z.strictObject({
      id: z.string(),
      before: digest,
      after: digest,
      edits: z.array(z.strictObject({ at: z.number().int().min(0), removed: z.string(), inserted: z.string() })),
      backup: z.string().regex(/^models\.py\.exoctl-[0-9a-f]{16}\.orig$/),
    }),
  ),
});

/** @returns undefined when there is a record that can't be read */
export async function readHistory(calls: FileCalls, path: string): Promise<readonly RegistryEdit[] | undefined> {
  const text = await unlessMissing(calls.readFile(path, "utf8"));
  if (text === undefined) return [];
  try {
    return recordSchema.parse(JSON.parse(text)).edits;
  } catch {
    // Not ours, or damaged: both mean that nothing is known of earlier edits.
    return undefined;
  }
}

export const historyText = (edits: readonly RegistryEdit[]): string =>
  `${JSON.stringify({ format: "exoctl/models.py/1", edits }, null, 2)}\n`;
