import type { ExoNodeId } from "../../cluster/names.js";
import type { ExoView } from "../../inventory/exo-view.js";

/** Addresses that lead to a machine from another one; IPv6 link-local ones do so on their own cable only. */
const leadsThere = (ip: string): boolean => !ip.startsWith("127.") && ip !== "::1" && !/^fe[89ab]/i.test(ip);

/** The addresses that exos tell of one machine, once each. Hints: whoever reaches an exo can tell it things. */
export function toldAddresses(views: readonly ExoView[], nodeId: ExoNodeId | undefined): readonly string[] {
  const peers = views.flatMap(({ observation }) => observation.value.peers.filter((peer) => peer.id === nodeId));
  const all = peers.flatMap(({ interfaces }) => interfaces.map(({ ip }) => ip));
  return [...new Set(all.filter(leadsThere))].toSorted();
}
