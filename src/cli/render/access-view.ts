import type { AuditRecord } from "../../controller/audit/audit-record.js";
import type { ListedSession, OpenLink } from "../../controller/sessions/sessions-api.js";
import { bullet, type Page, plainText } from "./page.js";
import { tableLines } from "./table.js";

const minuteOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace("T", " ");

/** What `exoctl open` prints. The link is a line of its own, to be clicked or copied. */
export const renderOpenLink = ({ url }: OpenLink, { colors }: Page): readonly string[] => [
  colors.cyan(url),
  colors.dim("Good for one browser, once, for two minutes. Whoever opens it may change this cluster."),
];

/** What `exoctl open --list` prints. */
export function renderSessions(sessions: readonly ListedSession[], page: Page): readonly string[] {
  if (sessions.length === 0) return bullet("", "No browser is in. `exoctl open` prints a link for one.", page);
  const rows = sessions.map(({ id, user, begunAt, usedAt, endsAt }) => [
    { text: id },
    { text: plainText(user) },
    { text: minuteOf(begunAt) },
    { text: minuteOf(usedAt) },
    { text: minuteOf(endsAt) },
  ]);
  return tableLines(["SESSION", "LET IN BY", "BEGUN (UTC)", "USED", "ENDS"], rows, page);
}

/** What `exoctl audit` prints, oldest first. */
export function renderAudit(records: readonly AuditRecord[], page: Page): readonly string[] {
  if (records.length === 0) return bullet("", "Nothing is recorded that fits.", page);
  const { colors } = page;
  const rows = records.map((record) => [
    { text: record.at.slice(0, 19).replace("T", " ") },
    { text: plainText(whoText(record.who)) },
    { text: plainText(record.from) },
    { text: record.outcome, ...(record.outcome === "ok" ? {} : { paint: colors.yellow }) },
    { text: plainText(whatText(record)) },
  ]);
  return tableLines(["AT (UTC)", "WHO", "FROM", "OUTCOME", "WHAT"], rows, page);
}

function whoText(who: AuditRecord["who"]): string {
  switch (who.via) {
    case "socket":
    case "up":
      return who.user;
    case "session":
      return `${who.user} (browser)`;
    case "key":
      return `key ${who.name}`;
    case "token":
      return `token ${who.id}`;
    case "nobody":
      return "nobody known";
    default:
      return who satisfies never;
  }
}

function whatText({ what, target, code, unrecorded }: AuditRecord): string {
  const reason = code === undefined ? "" : `: ${code}`;
  const more = unrecorded === undefined ? "" : ` (and ${unrecorded} refusals before it)`;
  return `${what}${target === "" ? "" : ` ${target}`}${reason}${more}`;
}
