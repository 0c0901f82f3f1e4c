import type { ExoNodeId } from "../cluster/names.js";
import type { ExoObservation } from "./exo-state.js";

/** Where the API of another exo may be, best first. To be verified by asking it for its node id. */
export interface PeerAddresses {
  readonly nodeId: ExoNodeId;
  readonly hosts: readonly string[];
}

/** Addresses that only make sense on the machine or cable that they belong to. */
const isLocalOnly = (ip: string): boolean => ip.startsWith("169.254.") || ip.startsWith("127.") || ip.includes(":");

/**
 * Other members of the cluster that one exo tells of, with the addresses at which somebody reached them. With `--exo HOST`
 * one host is enough to find the rest. Self-assigned and loopback addresses come last.
 */
export function peerAddresses(observation: ExoObservation, self: ExoNodeId): PeerAddresses[] {
  const members = observation.peers.filter((peer) => peer.inTopology && peer.id !== self);
  return members.map((peer) => {
    const reached = observation.edges.flatMap((edge) =>
      edge.kind === "socket" && edge.to === peer.id ? [edge.ip] : [],
    );
    const all = [...new Set([...reached, ...peer.interfaces.map((item) => item.ip)])];
    return { nodeId: peer.id, hosts: [...all.filter((ip) => !isLocalOnly(ip)), ...all.filter(isLocalOnly)] };
  });
}
