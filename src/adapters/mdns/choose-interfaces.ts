/** One IPv4 address of this machine; the shape of `os.networkInterfaces()`, flattened. */
export interface LocalInterface {
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
  readonly mac: string;
  readonly scope: "loopback" | "link-local" | "routed";
}

/** The part of `os.networkInterfaces()` that is read here. */
export type InterfaceTable = Readonly<
  Record<
    string,
    | readonly {
        readonly address: string;
        readonly netmask: string;
        readonly mac: string;
        readonly family: string;
        readonly internal: boolean;
      }[]
    | undefined
  >
>;

/** The first IPv4 address of each interface: one multicast membership an interface is all there can be. */
export function listInterfaces(table: InterfaceTable): readonly LocalInterface[] {
  return Object.entries(table).flatMap(([name, addresses]) => {
    const first = addresses?.find((address) => address.family === "IPv4");
    if (first === undefined) return [];
    const scope = first.internal ? "loopback" : first.address.startsWith("169.254.") ? "link-local" : "routed";
    return [{ name, address: first.address, netmask: first.netmask, mac: first.mac, scope }];
  });
}

/**
 * The interfaces to browse on. `auto` is every one that leads out of this machine; everything else is an interface's name or
 * one of its IPv4 addresses, and the only way to get the loopback interface.
 */
export function chooseInterfaces(table: InterfaceTable, wanted: string): readonly LocalInterface[] {
  const present = listInterfaces(table);
  if (wanted === "auto") return present.filter((candidate) => candidate.scope !== "loopback");
  const named = present.filter((candidate) => candidate.name === wanted || candidate.address === wanted);
  if (named.length > 0) return named;
  // A second address of an interface: macOS and Linux select the interface by any of its addresses.
  return Object.entries(table).flatMap(([name, addresses]) =>
    listInterfaces({ [name]: addresses?.filter((address) => address.address === wanted) }),
  );
}

/**
 * The one interface to advertise on: a responder on two links of one network would see its own reflection. `auto` takes the
 * first routed one, else the first with a link-local address (a bare Thunderbolt cable).
 */
export function chooseControlInterface(table: InterfaceTable, wanted: string): LocalInterface | undefined {
  const candidates = chooseInterfaces(table, wanted);
  return candidates.find((candidate) => candidate.scope !== "link-local") ?? candidates[0];
}

const toNumber = (address: string): number | undefined => {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
};

/** Whether an IPv4 address is on the subnet of a local interface. False for anything that is not IPv4. */
export function isOnLink(address: string, local: Pick<LocalInterface, "address" | "netmask">): boolean {
  const [remote, own, mask] = [address, local.address, local.netmask].map(toNumber);
  if (remote === undefined || own === undefined || mask === undefined) return false;
  return (remote & mask) === (own & mask);
}

/** Changes whenever a socket opened on the interface before would now be deaf or wrong. */
export const interfaceKey = (local: LocalInterface): string =>
  `${local.name} ${local.address} ${local.netmask} ${local.mac}`;
