import { isAddress, isOneOf } from "../../gateway/door/host-names.js";
import { hostOf, isLoopbackName } from "../../gateway/door/loopback.js";
import { type AccessRefusal, wrongHost, wrongOrigin } from "./access-refusal.js";

type Headers = NodeJS.Dict<string[]>;

/**
 * Keeps pages of other sites out, whatever they can make a browser send.
 *
 * `Host` stops DNS rebinding: a page whose own name was made to point here is of the same origin as its requests, but can't send
 * another name than its own; an address can't be made to point elsewhere. `Origin` stops every request across origins for which a browser says where it comes from.
 *
 * @param hosts names besides those of this machine, in lower case, as certificates have them
 */
export function checkSite(headers: Headers, hosts: readonly string[]): AccessRefusal | undefined {
  const [host, ...otherHosts] = headers.host ?? [];
  const name = host === undefined || otherHosts.length > 0 ? undefined : hostOf(`http://${host}`);
  if (name === undefined || !(isLoopbackName(name) || isAddress(name) || isOneOf(name, hosts))) return wrongHost;
  return (headers.origin ?? []).every((origin) => isOwnOrigin(origin, host)) ? undefined : wrongOrigin;
}

/** The scheme may differ: something in front of us may take TLS off. */
export const isOwnOrigin = (origin: string, host: string | undefined): boolean =>
  host !== undefined && /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, "") === host.toLowerCase();
