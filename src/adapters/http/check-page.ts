import { type AccessRefusal, notFromPage, notJson } from "./access-refusal.js";
import { isOwnOrigin } from "./check-site.js";

/** Only a page's script can set it, and only for its own origin: nothing here ever answers a preflight. */
export const pageHeader = "x-exoctl-csrf";

/**
 * Whether a request with a session that changes something comes from our own page. A cookie goes with every request that a
 * browser sends here, whoever made it do so; `SameSite=Strict` does not tell other ports of this machine apart. A form can't set the
 * header nor send JSON; a script of another origin may not, without our leave.
 */
export function checkPage(headers: NodeJS.Dict<string[]>): AccessRefusal | undefined {
  const origins = headers.origin ?? [];
  if (origins.length !== 1 || !isOwnOrigin(origins[0] ?? "", headers.host?.[0])) return notFromPage;
  if (headers[pageHeader]?.join() !== "1") return notFromPage;
  const [type = ""] = headers["content-type"] ?? [];
  return /^application\/json(?:\s*;|$)/i.test(type) ? undefined : notJson;
}
