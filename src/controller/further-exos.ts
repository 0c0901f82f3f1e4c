import type { ExoAddress } from "../inventory/exo-state.js";
import type { ExoView } from "../inventory/exo-view.js";
import { peerAddresses } from "../inventory/peer-addresses.js";

const isLoopback = (host: string): boolean => host.startsWith("127.") || host === "localhost" || host === "::1";

/**
 * Members of the named exos' clusters that were not named themselves, each at its best address: where another member has
 * reached it, if any has. Nobody is dialled on the word of an exo on this very machine: such a one is a simulation, and its
 * addresses belong to nobody. Nor is a loopback address of somebody else's.
 */
export function furtherExos(views: readonly ExoView[], named: readonly ExoAddress[]): readonly ExoAddress[] {
  const isNamed = ({ address }: ExoView): boolean =>
    named.some(({ host, port }) => host === address.host && port === address.port);
  const known = views.filter(isNamed);
  const found = new Map<string, ExoAddress>();
  for (const { address, nodeId, observation } of known) {
    if (isLoopback(address.host)) continue;
    for (const peer of peerAddresses(observation.value, nodeId)) {
      const host = peer.hosts.find((candidate) => !isLoopback(candidate));
      if (host === undefined || known.some((view) => view.nodeId === peer.nodeId)) continue;
      found.set(peer.nodeId, { host, port: address.port });
    }
  }
  return [...found.values()];
}
