import { isIPv6 } from "node:net";
import { parseHostPort } from "../config/host-port.js";
import { Problem } from "../runtime/problem.js";
import type { FinderEvent, NodeFinder, Sighting } from "./node-finder.js";

/** Where an agent listens unless told otherwise (design 5.2). */
export const defaultAgentPort = 8417;

const badHost = (text: string): Problem =>
  new Problem(
    "usage",
    "bad_host",
    `${JSON.stringify(text)} is not a host`,
    "Write a name or address, with a port if it is not 8417: studio-1.local, 10.0.0.11:8417, [fe80::1%en0]:8417",
  );

/** An address and port as one text; IPv6 stands in brackets. */
export const hostAndPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

/**
 * Reads `host`, `host:port`, `[IPv6]`, `[IPv6]:port` or a bare IPv6 address; the port defaults to 8417.
 *
 * @throws Problem `bad_host` (usage).
 */
export function parseStaticHost(text: string): { readonly address: string; readonly port: number } {
  const whole = text.trim();
  const parsed = parseHostPort(isIPv6(whole) ? `[${whole}]` : whole, defaultAgentPort);
  if (parsed === undefined || parsed.port === 0) throw badHost(text);
  if (parsed.host.includes(":") && !isIPv6(parsed.host)) throw badHost(text);
  return { address: parsed.host, port: parsed.port };
}

/**
 * Reports the hosts of `discovery.hosts` once, at the start, as sightings that never expire.
 *
 * @throws Problem `bad_host` (usage) for the first host that can't be read.
 */
export function createStaticNodeFinder(hosts: readonly string[]): NodeFinder {
  const sightings = hosts.map((text): Sighting => {
    const { address, port } = parseStaticHost(text);
    return { key: hostAndPort(address, port), address, port, from: "static", ttlMs: Number.POSITIVE_INFINITY };
  });
  return {
    start: async (report: (event: FinderEvent) => void) => {
      for (const sighting of sightings) report({ kind: "seen", sighting });
    },
    close: async () => {},
  };
}
