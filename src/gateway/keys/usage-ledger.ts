import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import { type KeyUsage, type UsageByKey, type UsageCounts, withMoreUsage } from "./key-usage.js";

/** Counts what keys use, in memory, and saves it now and then. */
export interface UsageLedger {
  /** Up to this moment. */
  of(id: string): KeyUsage | undefined;
  add(id: string, more: UsageCounts): void;
  /** Saves what is not saved yet. */
  readonly close: Close;
}

export interface UsageLedgerOptions {
  /** Usage as it stands at the start. */
  readonly saved: UsageByKey;
  /** Keeps the new usage of some keys. */
  readonly save: (changed: UsageByKey) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A crash loses at most this much. */
const saveEveryMs = 5_000;

export function createUsageLedger({ saved, save, clock, logger }: UsageLedgerOptions): UsageLedger {
  const usage = new Map(Object.entries(saved));
  let unsaved = new Set<string>();
  let saving: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const closed = new AbortController();

  const saveNow = async (): Promise<void> => {
    const ids = unsaved;
    unsaved = new Set();
    const changed = [...usage].filter(([id]) => ids.has(id));
    if (changed.length === 0) return;
    try {
      await save(Object.fromEntries(changed));
    } catch (error) {
      unsaved = new Set([...ids, ...unsaved]);
      throw error;
    }
  };
  const saveLater = async (): Promise<void> => {
    while (unsaved.size > 0) {
      await clock.sleep(saveEveryMs, closed.signal);
      await saveNow().catch((error: unknown) => logger.warn("usage of keys was not saved", { error }));
    }
  };
  return {
    of: (id) => usage.get(id),
    add: (id, more) => {
      usage.set(id, withMoreUsage(usage.get(id), more, clock.now()));
      unsaved.add(id);
      saving ??= saveLater()
        .catch(() => {}) // closed while it slept: closing saves
        .finally(() => {
          saving = undefined;
        });
    },
    close: () => {
      closed.abort();
      closing ??= (saving ?? Promise.resolve()).then(saveNow);
      return closing;
    },
  };
}
