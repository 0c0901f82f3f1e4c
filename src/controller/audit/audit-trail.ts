import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";
import type { AuditLog, AuditSeries } from "./audit-log.js";
import type { AuditedWho, AuditRecord } from "./audit-record.js";

/** Who wants what, from where. */
export interface AuditEntry {
  readonly who: AuditedWho;
  readonly from: string;
  readonly what: string;
  /** Never a secret. */
  readonly target: string;
}

/** How something ended that was recorded. */
export type AuditOutcome = Pick<AuditRecord, "outcome" | "code">;

/** Writes down who did what. */
export interface AuditTrail {
  /**
   * Does something that is recorded before and after. Without a record of its beginning nothing is done.
   *
   * @throws Problem `audit_not_written` when nothing was done, or `audit_incomplete` when it was done and only its outcome is not recorded
   */
  change<T>(entry: AuditEntry, work: () => Promise<T>): Promise<T>;
  /** One line about something that is done. @throws Problem `audit_not_written` */
  note(entry: AuditEntry, outcome: AuditOutcome, options?: NoteOptions): Promise<void>;
}

export interface NoteOptions {
  readonly series?: AuditSeries;
  /** Of the call that the line belongs to, where it has several. */
  readonly id?: string;
  readonly unrecorded?: number;
}

export interface AuditTrailParts {
  readonly log: AuditLog;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The desired state's generation at this moment. */
  readonly generation: () => number;
  readonly logger: Logger;
}

const longestText = 200;
const cut = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

/** Strangers name themselves, at any length. */
const bounded = ({ who, from, what, target }: AuditEntry): AuditEntry => ({
  who: Object.fromEntries(Object.entries(who).map(([key, value]) => [key, cut(value)])) as AuditedWho,
  from: cut(from),
  what,
  target: cut(target),
});

export function createAuditTrail({ log, clock, newId, generation, logger }: AuditTrailParts): AuditTrail {
  const write = (
    series: AuditSeries,
    id: string,
    entry: AuditEntry,
    rest: Pick<AuditRecord, "outcome" | "code" | "durationMs" | "unrecorded">,
  ): Promise<void> => {
    const at = new Date(clock.now()).toISOString();
    return log.append(series, { at, id, ...bounded(entry), generation: generation(), ...rest });
  };
  return {
    change: async (entry, work) => {
      const id = newId();
      const startedAt = clock.now();
      const end = (outcome: AuditOutcome): Promise<void> =>
        write("changes", id, entry, { ...outcome, durationMs: clock.now() - startedAt });
      await write("changes", id, entry, { outcome: "begun" }).catch(notWritten);
      let result: Awaited<ReturnType<typeof work>>;
      try {
        result = await work();
      } catch (error) {
        await end(outcomeOf(error)).catch((failure: unknown) =>
          logger.error("the outcome of a failed change was not recorded", { what: entry.what, error: failure }),
        );
        throw error;
      }
      await end({ outcome: "ok" }).catch(incomplete);
      return result;
    },
    note: (entry, outcome, { series = "changes", id = newId(), unrecorded } = {}) =>
      write(series, id, entry, { ...outcome, ...(unrecorded === undefined ? {} : { unrecorded }) }).catch(notWritten),
  };
}

function outcomeOf(error: unknown): AuditOutcome {
  if (!(error instanceof Problem)) return { outcome: "failed", code: "internal" };
  const wasRefused = error.kind === "usage" || error.kind === "infeasible" || error.code === "local_only";
  return { outcome: wasRefused ? "refused" : "failed", code: error.code };
}

const hint = "Look at the disk that holds the state folder: it may be full or read-only.";

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function notWritten(cause: unknown): never {
  const message = `nothing was done, because the audit log can't be written: ${reasonOf(cause)}`;
  throw new Problem("failed", "audit_not_written", message, hint, { cause });
}

function incomplete(cause: unknown): never {
  const message = `it was done, but its outcome can't be written to the audit log: ${reasonOf(cause)}`;
  throw new Problem("failed", "audit_incomplete", message, hint, { cause });
}
