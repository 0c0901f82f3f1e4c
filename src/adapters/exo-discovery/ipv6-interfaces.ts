import type { NetworkInterfaceInfo } from "node:os";

/** The part of `os.networkInterfaces()` that is read here. */
export type Ipv6Table = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, "address" | "family" | "internal">[] | undefined>
>;

/**
 * The interfaces on which exo after 1.0.71 announces itself: those with an IPv6 address that is not loopback. `wanted` is
 * `auto`, an interface's name, or one of its addresses of either kind, and the only way to get the loopback interface.
 */
export function chooseIpv6Interfaces(table: Ipv6Table, wanted: string): readonly string[] {
  return Object.entries(table).flatMap(([name, addresses = []]) => {
    const has = addresses.some(({ family, internal }) => family === "IPv6" && (wanted !== "auto" || !internal));
    const meant = wanted === "auto" || wanted === name || addresses.some(({ address }) => address === wanted);
    return has && meant ? [name] : [];
  });
}
