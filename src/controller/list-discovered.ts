import type { ClusterView } from "../apply/cluster-access.js";
import { protocolVersion } from "../cluster/node-report.js";
import type { Sighting } from "../discover/node-finder.js";
import { hostAndPort } from "../discover/static-node-finder.js";
import type { FleetNode } from "./fleet.js";
import type { DiscoveredHost } from "./status-report.js";

/**
 * Who is out there: enrolled agents with what stands in their way, agents that have only been sighted, and exos without an
 * agent. A sighting is a hint and never makes anything usable.
 */
export function listDiscovered(
  sightings: readonly Sighting[],
  fleet: readonly FleetNode[],
  view: ClusterView | undefined,
): readonly DiscoveredHost[] {
  const enrolled = fleet.map((node) => enrolledHost(node, view));
  const ids = new Set<string | undefined>(fleet.map(({ member }) => member.agentId));
  const addresses = new Set(enrolled.map((host) => host.address));
  const strangers = sightings
    .filter((sighting) => !ids.has(sighting.agentId) && !addresses.has(hostAndPort(sighting.address, sighting.port)))
    .map(strangerHost);
  return [...enrolled, ...strangers, ...exosWithoutAgent(view)];
}

function enrolledHost({ member, address, trouble }: FleetNode, view: ClusterView | undefined): DiscoveredHost {
  const node = view?.inventory.nodes.find((candidate) => candidate.name === member.name);
  const reasons = trouble === undefined ? (node?.notReady ?? ["it has not answered yet"]) : [trouble];
  const at = address ?? member.lastAddress;
  return {
    name: member.name,
    address: at === undefined ? "" : hostAndPort(at.host, at.port),
    kind: "agent",
    usable: reasons.length === 0,
    why: reasons.length === 0 ? "enrolled and ready" : reasons.join("; "),
  };
}

/** An agent that nobody has enrolled here, as it describes itself. */
export function strangerHost(sighting: Sighting): DiscoveredHost {
  const other = sighting.protocolVersion !== undefined && sighting.protocolVersion !== protocolVersion;
  const why = other
    ? `it speaks protocol ${sighting.protocolVersion}, this exoctl speaks ${protocolVersion}`
    : "not enrolled: `exoctl token create` prints how it joins";
  return {
    name: sighting.key,
    address: hostAndPort(sighting.address, sighting.port),
    kind: "agent",
    usable: false,
    why,
  };
}

function exosWithoutAgent(view: ClusterView | undefined): DiscoveredHost[] {
  return (view?.inventory.nodes ?? [])
    .filter((node) => node.agentId === undefined)
    .map(({ name, exo, notReady }) => ({
      name,
      address: exo.value.address === undefined ? "" : hostAndPort(exo.value.address.host, exo.value.address.port),
      kind: "exo",
      usable: notReady.length === 0,
      why: notReady.length === 0 ? `exo ${exo.value.variant?.label ?? "1.x"}, ready` : notReady.join("; "),
    }));
}
