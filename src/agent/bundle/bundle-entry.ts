import { z } from "zod";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { checkEntry } from "../../register/entry-schema.js";

const format = "exoctl-entry/1";
const entryFileSchema = z.strictObject({ format: z.literal(format), entry: z.unknown() });

export const renderBundleEntry = (entry: EntrySpec): string => `${JSON.stringify({ format, entry }, undefined, 2)}\n`;

/** The registry entry in a bundle, or undefined when there is none that could be written. */
export function readBundleEntry(text: string): EntrySpec | undefined {
  try {
    const checked = checkEntry(entryFileSchema.parse(JSON.parse(text)).entry);
    return checked.kind === "entry" ? checked.entry : undefined;
  } catch {
    return undefined; // not JSON, or not ours
  }
}
