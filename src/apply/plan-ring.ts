import type { NodeName } from "../cluster/names.js";
import type { Inventory, InventoryLink, LinkKind } from "../inventory/inventory.js";

const ringPorts = { first: 49_152, last: 65_535 };
const exoPorts = { first: 52_413, last: 52_415 };

/** A port for a new ring: in the range that exo itself draws from, not one of exo's own, used by no other instance. */
export function chooseRingPort(seed: number, used: readonly number[]): number {
  const size = ringPorts.last - ringPorts.first + 1;
  for (let step = 0; step < size; step += 1) {
    const port = ringPorts.first + ((seed + step) % size);
    if (used.includes(port) || (port >= exoPorts.first && port <= exoPorts.last)) continue;
    return port;
  }
  throw new RangeError("every port that a ring could use is taken");
}

/** Best first. RDMA carries no TCP and has no address. */
const preference: readonly LinkKind[] = ["thunderbolt", "ethernet-10g", "ethernet-1g", "unknown", "wifi"];

/** The address at which `from` best reaches `to` over TCP. IPv4 only: MLX's ring opens no other sockets. */
export function bestAddress(inventory: Inventory, from: NodeName, to: NodeName): string | undefined {
  const usable = inventory.links.filter(
    (link): link is InventoryLink & { readonly ip: string } =>
      link.from === from && link.to === to && link.ip !== undefined && /^\d+\.\d+\.\d+\.\d+$/.test(link.ip),
  );
  const rank = (link: InventoryLink): number => preference.indexOf(link.kind);
  return usable.toSorted((left, right) => rank(left) - rank(right))[0]?.ip;
}

export type RingAddresses =
  | { readonly kind: "addresses"; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: "no-link"; readonly from: NodeName; readonly to: NodeName };

/** Written where no address is needed: a node's own entry, and ranks that the ring does not connect. */
const placeholder = "198.51.100.1";

/**
 * How each rank reaches each other one. Only neighbours matter: every rank dials its right one and the last dials the
 * first; both directions must be known, as exo itself demands.
 */
export function ringAddresses(inventory: Inventory, nodes: readonly NodeName[]): RingAddresses {
  const rows: string[][] = [];
  for (const [rank, from] of nodes.entries()) {
    const row: string[] = [];
    for (const [other, to] of nodes.entries()) {
      const distance = (other - rank + nodes.length) % nodes.length;
      const neighbours = distance === 1 || distance === nodes.length - 1;
      const address = bestAddress(inventory, from, to);
      if (address === undefined && distance !== 0 && neighbours) return { kind: "no-link", from, to };
      row.push(distance === 0 ? placeholder : (address ?? placeholder));
    }
    rows.push(row);
  }
  return { kind: "addresses", rows };
}
