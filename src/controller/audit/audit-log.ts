import type { AuditRecord } from "./audit-record.js";

/**
 * Which of two logs a line goes to. What strangers can cause goes to `attempts`, which has a bound of its own: nobody can push
 * the record of changes out by knocking.
 */
export type AuditSeries = "changes" | "attempts";

/** Where audit records are kept. Nothing is ever taken back. */
export interface AuditLog {
  /** Resolves when the record is on the disk; rejects when it may not be. Records are written one after the other. */
  append(series: AuditSeries, record: AuditRecord): Promise<void>;
  /** All that is kept of a series, oldest first; damaged lines are left out. */
  read(series: AuditSeries): AsyncIterable<AuditRecord>;
}
