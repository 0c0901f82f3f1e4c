import { exoPorts } from "./exo-ports.js";
import { type HostExposure, judgePorts } from "./judge-exposure.js";
import type { PortProbe } from "./port-probe.js";
import { isPublicAddress, type OwnNetwork, vantageOf } from "./vantage.js";

/** A machine to look at. */
export interface CheckedHost {
  readonly name: string;
  /** An address, not a name. */
  readonly address: string;
}

const warningOf = (address: string): string | undefined =>
  isPublicAddress(address)
    ? "A public address: without a packet filter everybody on the internet can use exo there."
    : undefined;

/** Asks exo's ports on every host from this machine, all at the same time. Rejects only on abort. */
export async function checkExposure(
  hosts: readonly CheckedHost[],
  from: { readonly probe: PortProbe; readonly own: readonly OwnNetwork[] },
  signal: AbortSignal,
): Promise<readonly HostExposure[]> {
  return await Promise.all(
    hosts.map(async ({ name, address }) => {
      const vantage = vantageOf(address, from.own);
      const states = await Promise.all(exoPorts.map((port) => from.probe.ask(address, port, signal)));
      const warning = warningOf(address);
      return { name, address, vantage, ports: judgePorts(states, vantage), ...(warning ? { warning } : {}) };
    }),
  );
}
