import { Problem } from "../../runtime/problem.js";
import type { OpenCodes } from "./open-codes.js";
import type { Sessions } from "./sessions.js";
import type { SessionsApi } from "./sessions-api.js";

export interface SessionsParts {
  readonly codes: OpenCodes;
  readonly sessions: Sessions;
  /** Where the admin port answers, such as `http://127.0.0.1:8416`; null where there is none. */
  readonly adminUrl: () => string | null;
}

/** Lets browsers in and out. */
export function createSessionsApi({ codes, sessions, adminUrl }: SessionsParts): SessionsApi {
  return {
    createOpenLink: async ({ by }) => {
      const base = adminUrl();
      if (base === null) throw noAdminPort();
      const { code, expiresAt } = codes.issue(by);
      return { url: `${base}/open?code=${code}`, expiresAt };
    },
    listSessions: sessions.list,
    endSessions: async ({ id }) => {
      // A link that somebody else has seen is as good as a session.
      if (id === undefined) codes.withdraw();
      const ids = id === undefined ? sessions.list().map((session) => session.id) : [id];
      const ended = ids.filter((each) => sessions.end(each) === "ended").length;
      if (id !== undefined && ended === 0) throw unknownSession(id);
      return { ended };
    },
  };
}

const noAdminPort = (): Problem =>
  new Problem(
    "usage",
    "no_admin_port",
    "this controller has no port for browsers",
    "Set admin.listen in cluster.yaml, such as 127.0.0.1:8416, and start it again.",
  );

const unknownSession = (id: string): Problem =>
  new Problem("usage", "unknown_session", `there is no session ${id}`, "See `exoctl open --list`.");
