import type { MacProfile } from "../mac-profile.js";
import { edgesBetween } from "./edit-topology.js";
import type { ExoEvent } from "./exo-events.js";
import type { Edge, ExoStateDocument } from "./exo-state.js";

/** What a node needs to find its edges. */
export interface EdgeProber {
  readonly nodeId: string;
  readonly mac: MacProfile;
  readonly apiPort: number;
  readonly state: () => ExoStateDocument;
  readonly profiles: () => ReadonlyMap<string, MacProfile>;
  readonly send: (event: ExoEvent) => void;
}

/** exo probes every address of every known peer over HTTP; here a probe succeeds where there is a link to a live peer. */
function reachableEdges(options: EdgeProber): ReadonlyMap<string, readonly Edge[]> {
  const port = options.apiPort;
  const { nodeNetwork, topology } = options.state();
  const edges = new Map<string, readonly Edge[]>();
  for (const [peer, profile] of options.profiles()) {
    if (peer === options.nodeId || !topology.nodes.includes(peer)) continue;
    const known = new Set(nodeNetwork[peer]?.interfaces.map(({ ipAddress }) => ipAddress));
    const links = options.mac.links.filter(
      (link) => link.to === profile.name && link.kind !== "rdma" && known.has(link.ip),
    );
    edges.set(
      peer,
      links.map(({ ip }) => ({
        sinkMultiaddr: { address: `/ip4/${ip}/tcp/${port}`, address_type: "ip4" as const, ip_address: ip, port },
      })),
    );
  }
  return edges;
}

/** Reports edges that have come and edges that have gone. */
export function pollEdges(options: EdgeProber): void {
  const source = options.nodeId;
  const { topology } = options.state();
  const reachable = reachableEdges(options);
  const addressOf = (edge: Edge): string => ("sinkMultiaddr" in edge ? edge.sinkMultiaddr.address : "");
  for (const [sink, edges] of reachable) {
    const known = new Set(edgesBetween(topology, source, sink).map(addressOf));
    for (const edge of edges)
      if (!known.has(addressOf(edge))) options.send({ type: "TopologyEdgeCreated", conn: { source, sink, edge } });
  }
  for (const [sink, edges] of Object.entries(topology.connections[source] ?? {})) {
    const alive = new Set((reachable.get(sink) ?? []).map(addressOf));
    for (const edge of edges)
      if ("sinkMultiaddr" in edge && !alive.has(addressOf(edge)))
        options.send({ type: "TopologyEdgeDeleted", conn: { source, sink, edge } });
  }
}
