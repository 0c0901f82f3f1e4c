import type { NodeName } from "../cluster/names.js";
import type { Inventory } from "../inventory/inventory.js";
import { bestAddress } from "./plan-ring.js";

export type RdmaWiring =
  | {
      readonly kind: "wiring";
      readonly interfaces: readonly (readonly string[])[];
      readonly coordinators: readonly string[];
    }
  | { readonly kind: "no-rdma"; readonly from: NodeName; readonly to: NodeName }
  | { readonly kind: "no-link"; readonly from: NodeName; readonly to: NodeName };

/** Written where nothing is needed: a node's own entry. */
const itself = "";

/**
 * The RDMA interface of each rank towards each other one, and how each finds rank 0. exo demands RDMA between all pairs; the
 * nodes meet over TCP before.
 *
 * @param nodes in rank order
 */
export function rdmaWiring(inventory: Inventory, nodes: readonly NodeName[]): RdmaWiring {
  const interfaces: string[][] = [];
  const coordinators: string[] = [];
  const [first] = nodes;
  for (const from of nodes) {
    const row: string[] = [];
    for (const to of nodes) {
      const port = from === to ? itself : rdmaInterface(inventory, from, to);
      if (port === undefined) return { kind: "no-rdma", from, to };
      row.push(port);
    }
    const address = first === undefined || from === first ? itself : bestAddress(inventory, from, first);
    if (address === undefined) return { kind: "no-link", from, to: first ?? from };
    interfaces.push(row);
    coordinators.push(address);
  }
  return { kind: "wiring", interfaces, coordinators };
}

const rdmaInterface = (inventory: Inventory, from: NodeName, to: NodeName): string | undefined =>
  inventory.links.find((link) => link.from === from && link.to === to && link.rdmaInterface !== undefined)
    ?.rdmaInterface;
