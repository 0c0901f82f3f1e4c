import { BlockList, isIP, isIPv6 } from "node:net";

/** An address of this machine with its network, such as `10.0.0.5/24`. */
export interface OwnNetwork {
  readonly address: string;
  readonly cidr: string;
}

/**
 * From where a machine is looked at: it is this machine, this machine is in one network with it, or somewhere else. A link-local
 * address can only be reached from its own network.
 */
export type Vantage = "self" | "inside" | "outside";

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv6(address) ? "ipv6" : "ipv4");

/** Without the scope of a link-local address. */
const bare = (address: string): string => address.replace(/%.*$/, "");

function covers(cidr: string, address: string): boolean {
  const [network = "", bits] = cidr.split("/");
  if (isIP(network) === 0 || familyOf(network) !== familyOf(address)) return false;
  const block = new BlockList();
  block.addSubnet(network, Number(bits), familyOf(network));
  return block.check(address, familyOf(address));
}

/** @param address of the machine that is asked, as an address */
export function vantageOf(address: string, own: readonly OwnNetwork[]): Vantage {
  const target = bare(address);
  if (own.some((network) => bare(network.address) === target)) return "self";
  if (target.startsWith("127.") || target === "::1") return "self";
  if (/^(?:fe[89ab]|169\.254\.)/i.test(target)) return "inside";
  return own.some(({ cidr }) => covers(cidr, target)) ? "inside" : "outside";
}

const notPublic = new BlockList();
// RFC 1918, 3927, 6598 and 1122; RFC 4193, 4291.
notPublic.addSubnet("10.0.0.0", 8);
notPublic.addSubnet("172.16.0.0", 12);
notPublic.addSubnet("192.168.0.0", 16);
notPublic.addSubnet("169.254.0.0", 16);
notPublic.addSubnet("100.64.0.0", 10);
notPublic.addSubnet("127.0.0.0", 8);
notPublic.addSubnet("fc00::", 7, "ipv6");
notPublic.addSubnet("fe80::", 10, "ipv6");
notPublic.addSubnet("::1", 128, "ipv6");

/** Whether an address is one of the internet: only a filter on the way keeps everybody from it. */
export const isPublicAddress = (address: string): boolean => !notPublic.check(bare(address), familyOf(bare(address)));
