import { z } from "zod";
import type { EntryOutcome, EntrySpec, RegistryReport } from "../../cluster/registry-report.js";
import type { EntryOutcome as EntryOutcomeMessage } from "./generated/exoctl/agent/v1/EntryOutcome.js";
import type { EntrySpec as EntrySpecMessage } from "./generated/exoctl/agent/v1/EntrySpec.js";
import type { RegistryReport as RegistryReportMessage } from "./generated/exoctl/agent/v1/RegistryReport.js";
import { wordOf } from "./report-messages.js";

const changes = {
  created: "ENTRY_CHANGE_CREATED",
  replaced: "ENTRY_CHANGE_REPLACED",
  unchanged: "ENTRY_CHANGE_UNCHANGED",
} as const;
const weights = {
  linked: "WEIGHTS_STATE_LINKED",
  "already-linked": "WEIGHTS_STATE_ALREADY_LINKED",
  missing: "WEIGHTS_STATE_MISSING",
} as const;

export const entryMessage = (entry: EntrySpec): EntrySpecMessage => ({
  ...entry,
  capabilities: [...entry.capabilities],
});

export const outcomeMessage = (outcome: EntryOutcome): EntryOutcomeMessage => ({
  entry: changes[outcome.entry],
  weights: weights[outcome.weights],
});

const outcomeSchema = z.object({ entry: wordOf(changes), weights: wordOf(weights) });

/** @throws ZodError when an agent answers something else than its contract says */
export const readOutcome = (message: unknown): EntryOutcome => outcomeSchema.parse(message);

/** A report that could not be sent as one message is cut: cards and models of ours come first. */
const maxRows = 2_000;

export function registryReportMessage(report: RegistryReport): RegistryReportMessage {
  const oursFirst = report.cards.toSorted((left, right) => Number(right.ours) - Number(left.ours));
  return {
    cards: oursFirst.slice(0, maxRows),
    models: report.models.slice(0, maxRows),
    localModels: (report.localModels ?? []).slice(0, maxRows),
  };
}

const text = z.string().max(4_096);
const registrySchema = z
  .object({
    cards: z.array(z.object({ modelId: text, ours: z.boolean(), digest: text })),
    models: z.array(
      z
        .object({ modelId: text, complete: z.boolean(), linkTo: text.optional() })
        .transform(({ linkTo, ...model }) => (linkTo === undefined ? model : { ...model, linkTo })),
    ),
    localModels: z.array(z.object({ modelId: text, complete: z.boolean() })),
  })
  .transform(({ localModels, ...report }): RegistryReport => {
    return localModels.length === 0 ? report : { ...report, localModels };
  });

/** @throws ZodError when an agent answers something else than its contract says */
export const readRegistryReport = (message: unknown): RegistryReport => registrySchema.parse(message);
