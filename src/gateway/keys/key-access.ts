import { createAttemptLimit } from "../../runtime/attempt-limit.js";
import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import { type Admission, createAdmitRequest } from "./admit-request.js";
import type { ApiKey } from "./api-key.js";
import { type CheckKey, createCheckKey } from "./check-key.js";
import { createFindKey } from "./find-key.js";
import type { KeyUsage, UsageByKey, UsageCounts } from "./key-usage.js";
import { createUsageLedger } from "./usage-ledger.js";

/** The keys as a gateway needs them: who has a good one, what is left of its limits, and what was used. */
export interface KeyAccess {
  /** Whether a key for models was ever made. One that was revoked counts: its end must not open the gateway to everybody. */
  anyForModels(): boolean;
  readonly check: CheckKey;
  /** One more request to a model. */
  admit(key: ApiKey): Admission;
  addUsage(id: string, more: UsageCounts): void;
  usageOf(id: string): KeyUsage | undefined;
  /** Notes a request, to be ended by `end` once its key is revoked. @returns to be called when it is over */
  enter(id: string, end: () => void): () => void;
  /** Ends every request of this key. */
  endRequestsOf(id: string): void;
  /** Saves what is not saved yet. */
  readonly close: Close;
}

export interface KeyAccessOptions {
  /** Read anew for every request, so that a change acts at once. */
  readonly keys: () => readonly ApiKey[];
  readonly savedUsage: UsageByKey;
  readonly saveUsage: (changed: UsageByKey) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function openKeyAccess({ keys, savedUsage, saveUsage, clock, logger }: KeyAccessOptions): KeyAccess {
  const log = logger.child({ stage: "keys" });
  const ledger = createUsageLedger({ saved: savedUsage, save: saveUsage, clock, logger: log });
  const open = new Map<string, Set<() => void>>();
  return {
    anyForModels: () => keys().some(({ scopes }) => scopes.includes("models")),
    check: createCheckKey({ find: createFindKey(keys), attempts: createAttemptLimit(clock), clock, logger: log }),
    admit: createAdmitRequest(clock, ledger.of),
    addUsage: ledger.add,
    usageOf: ledger.of,
    enter: (id, end) => {
      const requests = open.get(id) ?? new Set();
      open.set(id, requests.add(end));
      return () => {
        requests.delete(end);
        if (requests.size === 0 && open.get(id) === requests) open.delete(id);
      };
    },
    endRequestsOf: (id) => {
      for (const end of open.get(id) ?? []) end();
    },
    close: ledger.close,
  };
}
