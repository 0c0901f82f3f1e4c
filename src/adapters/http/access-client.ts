import type { AuditQuery } from "../../controller/audit/audit-api.js";
import type { AuditRecord } from "../../controller/audit/audit-record.js";
import type { ListedSession, OpenLink } from "../../controller/sessions/sessions-api.js";
import type { AdminCalls } from "./admin-calls.js";

/** The client's side of `accessRoutes`. */
export const accessClient = ({ once: call }: AdminCalls) => ({
  readAudit: (query: AuditQuery) => {
    const parts = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    return call<readonly AuditRecord[]>("GET", `/api/v1/audit?${new URLSearchParams(parts)}`);
  },
  createOpenLink: () => call<OpenLink>("POST", "/api/v1/sessions/link", {}),
  listSessions: () => call<readonly ListedSession[]>("GET", "/api/v1/sessions"),
  endSessions: (wanted: { readonly id?: string }) =>
    call<{ readonly ended: number }>("POST", "/api/v1/sessions/end", wanted),
});
