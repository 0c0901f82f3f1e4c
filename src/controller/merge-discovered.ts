import { parseHostPort } from "../config/host-port.js";
import type { Looked } from "../discover/exo/explain-modern.js";
import { explainSeparation } from "../discover/exo/explain-separation.js";
import type { ExoFindings, FoundExo } from "../discover/exo/found-exo.js";
import type { MacSighting } from "../discover/macs/mac-sighting.js";
import { type Asked, exoFields, exoHost, strangeLibp2p, unansweredHost } from "./discovered-exo.js";
import { listMacs } from "./discovered-macs.js";
import type { DiscoveredHost } from "./status-report.js";

/** What looking around brought, besides agents. */
export interface Surroundings {
  readonly findings: ExoFindings;
  readonly macs: readonly MacSighting[];
  readonly looked: Looked;
}

/** The host in `host:port`, `[IPv6]:port` or a bare host. */
const hostOf = (address: string): string => parseHostPort(address, 0)?.host ?? address;

/** Whether a host on the list is the machine of this exo. 127.0.0.1 is the same machine only for a host listed so. */
function isThere(listed: DiscoveredHost, exo: FoundExo): boolean {
  if (listed.nodeId !== undefined && listed.nodeId === exo.nodeId) return true;
  const host = hostOf(listed.address);
  if (host === "") return false;
  const reached = exo.api.some((api) => api.host === host) || exo.addresses.includes(host);
  const local = host.startsWith("127.") || host === "::1" || host.startsWith("169.254.");
  return reached || (!local && exo.interfaces.some(({ ip }) => ip === host));
}

const isAt = (host: DiscoveredHost, addresses: readonly string[]): boolean =>
  [hostOf(host.address), ...(host.addresses ?? [])].some((address) => addresses.includes(address));

/** A Mac that is on the list already adds what it says about itself; every address of both counts. */
function addMac(hosts: readonly DiscoveredHost[], mac: DiscoveredHost): readonly DiscoveredHost[] {
  const there = hosts.findIndex((host) => isAt(host, mac.addresses ?? []));
  const host = hosts[there];
  if (host === undefined) return [...hosts, mac];
  const { macModel, macosMajor } = mac;
  const known = {
    ...host,
    foundBy: [...new Set([...(host.foundBy ?? []), ...(mac.foundBy ?? [])])],
    ...(macModel === undefined ? {} : { macModel }),
    ...(macosMajor === undefined ? {} : { macosMajor }),
  };
  return hosts.with(there, known);
}

/**
 * One list of everybody: the agents and exos that are known already, the exos that were found, and Macs that have neither. A
 * machine is listed once, and what was found out about its exo stands with it.
 *
 * @param listed agents, or what a controller knows
 * @returns the list, and how many machines were left out of it
 */
export function mergeDiscovered(
  listed: readonly DiscoveredHost[],
  { findings, macs, looked }: Surroundings,
  asked: Asked,
): { readonly hosts: readonly DiscoveredHost[]; readonly hiddenMachines: number } {
  const places = findings.exos.map((exo) => listed.findIndex((host) => isThere(host, exo)));
  const exos = findings.exos.map((exo, index) => ({ ...exo, name: listed[places[index] ?? -1]?.name ?? exo.name }));
  const separations = explainSeparation(exos, looked);
  let hosts: readonly DiscoveredHost[] = listed.map((host, place) => {
    const there = exos.filter((_, index) => places[index] === place)[0];
    return there === undefined ? host : { ...host, ...exoFields(there, separations) };
  });
  hosts = [
    ...hosts,
    ...exos.filter((_, index) => places[index] === -1).map((exo) => exoHost(exo, separations, asked)),
    ...findings.unanswered
      .filter(({ target }) => !listed.some((host) => hostOf(host.address) === target.host))
      .map(unansweredHost),
    ...(looked.depth === "deep" ? findings.strangers.map(strangeLibp2p) : []),
  ];
  const candidates = listMacs(macs, looked.depth === "deep" ? "all" : "candidates");
  for (const mac of candidates.hosts) hosts = addMac(hosts, mac);
  const hidden = candidates.hidden.filter((addresses) => !hosts.some((host) => isAt(host, addresses)));
  return { hosts, hiddenMachines: hidden.length };
}
