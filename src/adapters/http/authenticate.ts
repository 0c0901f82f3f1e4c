import type { Caller } from "../../controller/audit/caller.js";
import type { Sessions } from "../../controller/sessions/sessions.js";
import { keyState } from "../../gateway/keys/api-key.js";
import type { FindKey } from "../../gateway/keys/find-key.js";
import { readCredentials } from "../../gateway/keys/read-credentials.js";
import type { Clock } from "../../runtime/clock.js";
import {
  type AccessRefusal,
  ambiguousCredentials,
  noCredentials,
  sessionEnded,
  wrongKey,
  wrongScope,
} from "./access-refusal.js";
import { type CookieSite, sessionSecrets } from "./session-cookie.js";

/** Who asks, or why they are not let in: with the key's holder, where there is one. */
export type Authentication =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly refusal: AccessRefusal; readonly caller?: Caller };

export interface AuthenticateParts {
  readonly findKey: FindKey;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly site: () => CookieSite;
}

const refused = (refusal: AccessRefusal): Authentication => ({ kind: "refused", refusal });

/** Tells who sent a request: by its key, and where it shows none by its session. */
export function createAuthenticate({ findKey, sessions, clock, site }: AuthenticateParts) {
  const byKey = (text: string): Authentication => {
    const key = findKey(text);
    if (key === undefined || keyState(key, clock.now()) !== "active") return refused(wrongKey);
    const caller: Caller = { via: "key", id: key.id, name: key.name };
    return key.scopes.includes("admin") ? { kind: "caller", caller } : { kind: "refused", refusal: wrongScope, caller };
  };
  const bySession = (cookies: readonly string[]): Authentication => {
    const secrets = sessionSecrets(site(), cookies);
    if (secrets.length === 0) return refused(noCredentials);
    if (secrets.length > 1) return refused(ambiguousCredentials);
    const session = sessions.use(secrets[0] ?? "");
    if (session === undefined) return refused(sessionEnded);
    return { kind: "caller", caller: { via: "session", id: session.id, user: session.user } };
  };
  return (headers: NodeJS.Dict<string[]>): Authentication => {
    const credentials = readCredentials(headers);
    switch (credentials.kind) {
      case "text":
        return byKey(credentials.text);
      case "none":
        return bySession(headers.cookie ?? []);
      case "other-scheme":
      case "ambiguous":
        return refused(ambiguousCredentials);
      default:
        return credentials satisfies never;
    }
  };
}
