import { z } from "zod";
import { classicEngines } from "../../cluster/classic-entry.js";
import { faultCodes, findingWeights } from "../../cluster/classic-finding.js";
import { classicRefusalCodes } from "../../cluster/classic-refusal.js";
import {
  type ClassicAddReport,
  type ClassicDescription,
  type ClassicRemoveReport,
  classicAddOutcomes,
  classicRemoveOutcomes,
} from "../../cluster/classic-report.js";
import type { ClassicAddReport as AddReportMessage } from "./generated/exoctl/agent/v1/ClassicAddReport.js";
import type { ClassicDescription as DescriptionMessage } from "./generated/exoctl/agent/v1/ClassicDescription.js";
import type { ClassicRemoveReport as RemoveReportMessage } from "./generated/exoctl/agent/v1/ClassicRemoveReport.js";
import { present } from "./report-messages.js";

/** An entry changes a dozen lines. More would be somebody's minified file, and still has to fit into a message. */
const mostDiffLines = 400;
const longestLine = 1_000;
const mostEntries = 500;
const mostReasons = 32;

const cut = (text: string): string => (text.length > longestLine ? `${text.slice(0, longestLine)}…` : text);

function cutDiff(diff: readonly string[]): string[] {
  const shown = diff.slice(0, mostDiffLines).map(cut);
  return diff.length <= mostDiffLines ? shown : [...shown, `… ${diff.length - mostDiffLines} more lines`];
}

const few = <T extends { readonly message: string }>(reasons: readonly T[]): T[] =>
  reasons.slice(0, mostReasons).map((reason) => ({ ...reason, message: cut(reason.message) }));

export const descriptionMessage = (described: ClassicDescription): DescriptionMessage => ({
  ...described,
  entries: described.entries.slice(0, mostEntries).map(({ entry, by }) => ({
    entry: { ...entry, repo: cut(entry.repo), label: cut(entry.label) },
    byExoctl: by === "exoctl",
  })),
  engineFaults: few(described.engineFaults),
  refusals: few(described.refusals),
});

export const addReportMessage = (report: ClassicAddReport): AddReportMessage => ({
  ...report,
  findings: few(report.findings),
  diff: cutDiff(report.diff),
  refusals: few(report.refusals),
});

export const removeReportMessage = (report: ClassicRemoveReport): RemoveReportMessage => ({
  ...report,
  diff: cutDiff(report.diff),
  refusals: few(report.refusals),
});

const text = z.string().max(4_096);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const digests = z.object({ before: digest, after: digest }).nullish();
const entry = z.object({ id: text, layers: z.number().int(), engine: z.enum(classicEngines), repo: text, label: text });
const findings = z
  .array(z.object({ code: z.enum(faultCodes), weight: z.enum(findingWeights), message: text, fix: text }))
  .max(mostReasons);
const refusal = z.object({ code: z.enum(classicRefusalCodes), message: text, fix: text, line: z.number().optional() });
const refusals = z.array(refusal.transform(present)).max(mostReasons);
const diff = z.array(text).max(mostDiffLines + 1);

const descriptionSchema = z
  .object({
    file: text,
    digest: digest.optional(),
    exo: text.optional(),
    mlx: text.optional(),
    mlxLm: text.optional(),
    entries: z
      .array(
        z.object({ entry, byExoctl: z.boolean() }).transform(({ entry: found, byExoctl }) => ({
          entry: found,
          by: byExoctl ? ("exoctl" as const) : ("others" as const),
        })),
      )
      .max(mostEntries),
    engineFaults: findings,
    refusals,
  })
  .transform(present);

const addReportSchema = z
  .object({
    outcome: z.enum(classicAddOutcomes),
    file: text,
    entry,
    findings,
    diff,
    refusals,
    backup: text.optional(),
    digests,
  })
  .transform(present);

const removeReportSchema = z
  .object({ outcome: z.enum(classicRemoveOutcomes), file: text, id: text, diff, refusals, digests })
  .transform(present);

/** Each throws ZodError when an agent answers something else than its contract says. */
export const readDescription = (message: unknown): ClassicDescription => descriptionSchema.parse(message);
export const readAddReport = (message: unknown): ClassicAddReport => addReportSchema.parse(message);
export const readRemoveReport = (message: unknown): ClassicRemoveReport => removeReportSchema.parse(message);
