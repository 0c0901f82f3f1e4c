import type { IncomingMessage } from "node:http";
import { type ApiError, badRequest } from "./api-error.js";
import { hostOf, isLoopbackName } from "./loopback.js";

/**
 * Keeps web pages out of a listener that asks for no key. A page can make a browser send requests to this machine, under
 * a host name of its own that it lets point here (DNS rebinding), or across origins.
 *
 * @param listenHost the host that the admin configured, which is allowed as well
 */
export function checkCaller(request: IncomingMessage, listenHost: string): ApiError | undefined {
  const hosts = request.headersDistinct.host ?? [];
  const host = hosts.length === 1 ? hostOf(`http://${hosts[0]}`) : undefined;
  if (host === undefined) return badRequest("invalid_host", "Send exactly one valid Host header.");
  if (!isLoopbackName(host) && host !== listenHost.toLowerCase()) {
    const message = "This address answers only to localhost, 127.0.0.1 and [::1] as Host.";
    return badRequest("host_not_allowed", message, null, 403);
  }
  const origins = request.headersDistinct.origin ?? [];
  if (origins.every((origin) => isLoopbackOrigin(origin))) return undefined;
  return badRequest("origin_not_allowed", "Web pages of other machines may not use this address.", null, 403);
}

function isLoopbackOrigin(origin: string): boolean {
  const host = hostOf(origin);
  return host !== undefined && isLoopbackName(host);
}
