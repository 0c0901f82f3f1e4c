import { z } from "zod";
import type { EntryOutcome, EntrySpec } from "../../cluster/registry-report.js";
import type { EntryOutcome as EntryOutcomeMessage } from "./generated/exoctl/agent/v1/EntryOutcome.js";
import type { EntrySpec as EntrySpecMessage } from "./generated/exoctl/agent/v1/EntrySpec.js";
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
