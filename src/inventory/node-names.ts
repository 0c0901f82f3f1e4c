import { type NodeName, nodeName } from "../cluster/names.js";
import type { ExoPeer } from "./exo-state.js";

/** A Mac's display name as a word for command lines: `Anna's Mac Studio` becomes `Annas-Mac-Studio`. */
function wordOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/[\p{M}'’]/gu, "");
  return plain.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
}

/** Order that outlives a restart of exo, when all its ids are new: by name, then by address. */
const sortKey = (peer: ExoPeer): string =>
  [peer.friendlyName ?? "~", ...peer.interfaces.map((item) => item.ip).toSorted(), peer.id].join("\n");

/** Gives each exo node without an agent a name of its own, none of `taken`. */
export function nameExoPeers(peers: readonly ExoPeer[], taken: readonly NodeName[]): ReadonlyMap<ExoPeer, NodeName> {
  const used = new Set<string>(taken);
  const names = new Map<ExoPeer, NodeName>();
  for (const peer of peers.toSorted((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1))) {
    const base = wordOf(peer.friendlyName ?? "") || `exo-${peer.id.slice(-6)}`;
    let name = base;
    for (let number = 2; used.has(name); number += 1) name = `${base}-${number}`;
    used.add(name);
    names.set(peer, nodeName(name));
  }
  return names;
}
