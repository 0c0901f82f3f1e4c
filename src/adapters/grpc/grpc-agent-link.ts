import { z } from "zod";
import type { AgentLink, Lease } from "../../inventory/agent-link.js";
import { type AgentChannelSettings, openAgentChannel } from "./agent-channel.js";
import { loadNodeAgent } from "./agent-definitions.js";
import { classicExoCalls } from "./classic-exo-calls.js";
import { classicRegistryCalls } from "./classic-registry-calls.js";
import { openControllerKeyLink } from "./controller-key-link.js";
import { openConvertLink } from "./convert-link.js";
import { openInspectLink } from "./inspect-link.js";
import { openModelSyncLink } from "./model-sync-link.js";
import { entryMessage, readOutcome } from "./registry-messages.js";
import { readRegistryReport } from "./registry-report-message.js";
import { openRemovalLink } from "./removal-link.js";
import { readNodeReport } from "./report-messages.js";

export interface AgentLinkSettings extends AgentChannelSettings {
  /** Deadlines of single calls; the defaults suit a healthy network. */
  readonly deadlines?: Partial<Deadlines>;
}

interface Deadlines {
  /** Calls that only look; measuring a Mac starts exo's Python once. */
  readonly observeMs: number;
  readonly leaseMs: number;
  /** Writing a card, starting exo. */
  readonly actMs: number;
  /** exo gets 5 s and 3 s to end by itself. */
  readonly stopMs: number;
}

const defaultDeadlines: Deadlines = { observeMs: 15_000, leaseMs: 3_000, actMs: 15_000, stopMs: 30_000 };

const leaseSchema = z.object({ term: z.number().int().positive(), validMs: z.number().int().positive() });
const readLease = (answer: unknown): Lease => leaseSchema.parse(answer);
const readRemoved = (answer: unknown): "removed" | "absent" =>
  z.object({ removed: z.boolean() }).parse(answer).removed ? "removed" : "absent";
const ignoreAnswer = (): void => {};

/**
 * A link to one enrolled agent over TLS 1.3, pinned on both sides. Connects at the first call and again whenever a call needs it;
 * opening never fails because the agent is away.
 */
export function openAgentLink(settings: AgentLinkSettings): AgentLink {
  const { observeMs, leaseMs, actMs, stopMs } = { ...defaultDeadlines, ...settings.deadlines };
  const channel = openAgentChannel(settings);
  const { call } = channel;
  const client = channel.clientOf(loadNodeAgent());
  return {
    describe: (signal) => call(client.describe.bind(client), {}, readNodeReport, { signal, deadlineMs: observeMs }),
    describeRegistry: (signal) =>
      call(client.describeRegistry.bind(client), {}, readRegistryReport, { signal, deadlineMs: observeMs }),
    takeLease: async (wanted, signal) => {
      const lease = await call(client.takeLease.bind(client), { term: wanted }, readLease, {
        signal,
        deadlineMs: leaseMs,
      });
      channel.showTerm(lease.term);
      return lease;
    },
    ensureEntry: (entry, signal) =>
      call(client.ensureEntry.bind(client), { entry: entryMessage(entry) }, readOutcome, { signal, deadlineMs: actMs }),
    removeEntry: (modelId, signal) =>
      call(client.removeEntry.bind(client), { modelId }, readRemoved, { signal, deadlineMs: actMs }),
    ...openInspectLink(channel),
    startExo: (signal) => call(client.startExo.bind(client), {}, ignoreAnswer, { signal, deadlineMs: actMs }),
    stopExo: (signal) => call(client.stopExo.bind(client), {}, ignoreAnswer, { signal, deadlineMs: stopMs }),
    classic: classicRegistryCalls(channel, actMs),
    classicExo: classicExoCalls(channel, actMs),
    controllerKey: openControllerKeyLink(channel),
    sync: openModelSyncLink(channel),
    convert: openConvertLink(channel),
    removal: openRemovalLink(channel),
    close: async () => channel.close(),
  };
}
