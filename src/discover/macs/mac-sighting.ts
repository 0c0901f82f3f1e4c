import type { DeviceInfo } from "./device-info.js";

/** A machine that lets people in by SSH and advertises so. A hint: names and models are what it says of itself. */
export interface MacSighting {
  /** Its computer name: the instance's label, any text of at most 63 bytes. */
  readonly label: string;
  /** Where the announcement came from. */
  readonly address: string;
  /** TCP port of SSH. */
  readonly sshPort?: number;
  /** Empty until its `_device-info._tcp` record came; many machines have none. */
  readonly device: DeviceInfo;
}

export type MacFinderEvent =
  /** Again whenever something more is known of the same label at the same address. */
  { readonly kind: "seen"; readonly mac: MacSighting } | { readonly kind: "trouble"; readonly message: string };

/** Looks for machines with remote login switched on. Implemented by mDNS. */
export interface MacFinder {
  start(report: (event: MacFinderEvent) => void): Promise<void>;
  close(): Promise<void>;
}

/** Everything heard of one machine put together, by label and address; of two claims the later one counts. */
export function mergeMacs(seen: readonly MacSighting[]): readonly MacSighting[] {
  const macs = new Map<string, MacSighting>();
  for (const mac of seen) {
    const key = JSON.stringify([mac.label.toLowerCase(), mac.address]);
    const before = macs.get(key);
    macs.set(key, { ...before, ...mac, device: { ...before?.device, ...mac.device } });
  }
  return [...macs.values()];
}

/** A node's name made of a computer name: letters, digits, dots and dashes, as `exoctl token create --for` takes it. */
export function nodeNameOf(label: string): string {
  const plain = label
    .normalize("NFKD")
    .replace(/[\p{Mn}'’]/gu, "")
    .replace(/[^A-Za-z0-9.-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 63)
    .replace(/[.-]+$/, "");
  return plain === "" ? "mac" : plain;
}
