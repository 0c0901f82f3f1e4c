import type { AuditLog, AuditSeries } from "../../controller/audit/audit-log.js";
import { type AuditRecord, auditRecordSchema } from "../../controller/audit/audit-record.js";
import { type Close, closeAll } from "../../runtime/close-all.js";
import { escapeJson } from "../../runtime/escape-controls.js";
import { type LineSeries, openLines, readLines } from "./rotated-lines.js";

const mib = 2 ** 20;

/** About 100,000 changes and 25,000 attempts, of some 300 bytes a line: 72 MiB at most. */
const seriesIn = (folder: string): Readonly<Record<AuditSeries, LineSeries>> => ({
  changes: { folder, name: "audit", fileBytes: 8 * mib, files: 8 },
  attempts: { folder, name: "audit-attempts", fileBytes: 2 * mib, files: 4 },
});

/** Opens the audit log in the controller's state folder, for the controller alone. */
export async function openAuditFiles(folder: string): Promise<AuditLog & { readonly close: Close }> {
  const series = seriesIn(folder);
  const changes = await openLines(series.changes);
  const attempts = await openLines(series.attempts);
  const lines = { changes, attempts };
  return {
    append: (name, record) => lines[name].append(escapeJson(JSON.stringify(record))),
    read: readAuditFiles(folder).read,
    close: closeAll([changes.close, attempts.close]),
  };
}

/** Reads the audit log of a state folder, whether or not a controller writes it. */
export function readAuditFiles(folder: string): Pick<AuditLog, "read"> {
  const series = seriesIn(folder);
  return {
    read: async function* (name) {
      for await (const line of readLines(series[name])) {
        const record = readRecord(line);
        if (record !== undefined) yield record;
      }
    },
  };
}

/** Undefined for what a full disk or a killed controller left of a line. */
function readRecord(line: string): AuditRecord | undefined {
  try {
    return auditRecordSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
