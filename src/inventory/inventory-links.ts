import type { ExoNodeId, NodeName } from "../cluster/names.js";
import { classifyLink } from "./classify-link.js";
import { type ExoView, livePeers } from "./exo-view.js";
import type { InventoryLink } from "./inventory.js";

/** Every connection that any of these exos knows between nodes with a name, each once, in a stable order. */
export function inventoryLinks(
  views: readonly ExoView[],
  nameOf: (id: ExoNodeId) => NodeName | undefined,
): InventoryLink[] {
  const links = new Map<string, InventoryLink>();
  for (const view of views) {
    const peers = livePeers(view);
    for (const edge of view.observation.value.edges) {
      const [from, to] = [nameOf(edge.from), nameOf(edge.to)];
      if (from === undefined || to === undefined || from === to) continue;
      const link: InventoryLink =
        edge.kind === "rdma"
          ? { from, to, kind: "rdma", rdmaInterface: edge.sourceInterface }
          : { from, to, kind: classifyLink(edge.ip, peers.get(edge.from), peers.get(edge.to)), ip: edge.ip };
      const key = JSON.stringify([from, to, edge.kind, link.ip ?? ""]);
      if (!links.has(key)) links.set(key, link);
    }
  }
  return [...links].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, link]) => link);
}
