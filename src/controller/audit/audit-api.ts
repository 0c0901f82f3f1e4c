import type { AuditLog, AuditSeries } from "./audit-log.js";
import type { AuditRecord } from "./audit-record.js";

/** Which records are wanted; what is not said does not matter. */
export interface AuditQuery {
  /** Milliseconds since the Unix epoch. */
  readonly since?: number;
  /** A user, a key's name or id, or the way in, such as `key`. */
  readonly who?: string;
  /** Part of what was asked for or of its target, such as `nodes`. */
  readonly what?: string;
  /** So many of the newest. */
  readonly limit: number;
}

/** The audit log for its readers. */
export interface AuditApi {
  /** Oldest first, one record for each call. */
  readAudit(query: AuditQuery): Promise<readonly AuditRecord[]>;
}

/** In this order: an attempt that led to a change has its outcome among the changes. */
const series: readonly AuditSeries[] = ["attempts", "changes"];

/** Reads what both logs have: of a call with an outcome only that, and of the newest calls no more than asked for. */
export async function readAudit(log: Pick<AuditLog, "read">, query: AuditQuery): Promise<readonly AuditRecord[]> {
  const calls = new Map<string, AuditRecord>();
  for (const one of series) {
    const ofSeries = new Map<string, AuditRecord>();
    for await (const record of log.read(one)) {
      if (!matches(record, query)) continue;
      ofSeries.delete(record.id);
      ofSeries.set(record.id, record);
      const oldest = ofSeries.keys().next().value;
      if (ofSeries.size > query.limit && oldest !== undefined) ofSeries.delete(oldest);
    }
    for (const [id, record] of ofSeries) calls.set(id, record);
  }
  return [...calls.values()]
    .toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
    .slice(-query.limit);
}

function matches(record: AuditRecord, { since, who, what }: AuditQuery): boolean {
  if (since !== undefined && Date.parse(record.at) < since) return false;
  if (who !== undefined && !Object.values(record.who).includes(who)) return false;
  return what === undefined || `${record.what} ${record.target}`.includes(what);
}
