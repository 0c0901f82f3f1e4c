import type { NodeName } from "../../cluster/names.js";
import type { InventoryLink, LinkKind } from "../../inventory/inventory.js";

/** Faster ones first. Slower kinds and unknown ones are no better than the way the controller takes. */
const fastKinds: readonly LinkKind[] = ["thunderbolt", "ethernet-10g"];

/**
 * Where one node reaches another for a copy, best first: over the fastest link between the two that exo has really used, then
 * where the controller reaches it, then over the other links.
 *
 * @param host where the controller reaches the other node
 */
export function copyAddresses(
  links: readonly InventoryLink[],
  from: NodeName,
  to: { readonly name: NodeName; readonly host: string; readonly filesPort: number; readonly simulated: boolean },
): readonly { readonly host: string; readonly port: number }[] {
  // Addresses of simulated links are shown and never dialled.
  const between = to.simulated ? [] : links.filter((link) => link.from === from && link.to === to.name);
  const ipsOf = (kind: LinkKind): readonly string[] =>
    between.flatMap((link) => (link.kind === kind && link.ip !== undefined ? [link.ip] : []));
  const others: readonly LinkKind[] = ["ethernet-1g", "unknown", "wifi"];
  const hosts = [...fastKinds.flatMap(ipsOf), to.host, ...others.flatMap(ipsOf)];
  return [...new Set(hosts)].map((host) => ({ host, port: to.filesPort }));
}
