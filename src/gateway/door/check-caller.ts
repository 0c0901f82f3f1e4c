import type { IncomingMessage } from "node:http";
import { type ApiError, badRequest } from "../api-error.js";
import { isAddress, isOneOf } from "./host-names.js";
import { hostOf, isLoopbackName } from "./loopback.js";

/** Which `Host` and `Origin` a listener answers to. */
export interface CallerRules {
  /** The host that the admin configured to listen on. */
  readonly listenHost: string;
  /** Further names of the gateway in lower case; `*.` at the beginning stands for one label. */
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /** Whether callers have to show a key. */
  readonly keys: "asked" | "not-asked";
}

/**
 * Keeps web pages out. A page can make a browser send requests here under a host name of its own that it lets point here (DNS
 * rebinding), or across origins. Where keys are asked for, such a page would lack the key; `Host` is checked all the same, as a
 * browser may hold a client certificate, but any address will do then, since an address can't be rebound.
 */
export function checkCaller(request: IncomingMessage, rules: CallerRules): ApiError | undefined {
  const hosts = request.headersDistinct.host ?? [];
  const host = hosts.length === 1 ? hostOf(`http://${hosts[0]}`) : undefined;
  if (host === undefined) return badRequest("invalid_host", "Send exactly one valid Host header.");
  if (!isOwnName(host, rules)) {
    const message =
      rules.keys === "asked"
        ? "This gateway does not go by this name. Its admin can add it to gateway.hosts."
        : "This address answers only to localhost, 127.0.0.1 and [::1] as Host.";
    return badRequest("host_not_allowed", message, null, 403);
  }
  const origins = request.headersDistinct.origin ?? [];
  if (origins.every((origin) => isLoopbackOrigin(origin) || rules.origins.includes(origin))) return undefined;
  return badRequest("origin_not_allowed", "Web pages of other machines may not use this address.", null, 403);
}

function isOwnName(host: string, { listenHost, hosts, keys }: CallerRules): boolean {
  if (isLoopbackName(host) || host === listenHost.toLowerCase()) return true;
  return (keys === "asked" && isAddress(host)) || isOneOf(host, hosts);
}

function isLoopbackOrigin(origin: string): boolean {
  const host = hostOf(origin);
  return host !== undefined && isLoopbackName(host);
}
