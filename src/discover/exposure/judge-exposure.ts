import { type ExoPort, exoPorts } from "./exo-ports.js";
import type { PortState } from "./port-probe.js";
import type { Vantage } from "./vantage.js";

/** One port of one machine, as seen from here. */
export interface PortFinding {
  readonly port: number;
  readonly protocol: ExoPort["protocol"];
  readonly use: string;
  readonly state: PortState;
  /**
   * `exposed`: open to a machine outside the cluster's network. `closed`: not reachable from out there. `unproven`: seen from
   * inside, or silent on UDP, which says nothing.
   */
  readonly verdict: "exposed" | "closed" | "unproven";
}

/** What `exoctl firewall check -o json` prints of one address. */
export interface HostExposure {
  /** The node's name, or the host as it was given. */
  readonly name: string;
  readonly address: string;
  readonly vantage: Vantage;
  readonly ports: readonly PortFinding[];
  /** What is wrong about the address itself, in one sentence. */
  readonly warning?: string;
}

/** UDP has no handshake: a filter, and an exo that does not answer strangers, look alike. */
function verdictOf({ protocol }: ExoPort, state: PortState, vantage: Vantage): PortFinding["verdict"] {
  if (vantage !== "outside") return "unproven";
  if (state === "open") return "exposed";
  return protocol === "udp" && state === "silent" ? "unproven" : "closed";
}

/** Says of each port whether it is where nobody from outside should find it. @param states in the order of `exoPorts` */
export const judgePorts = (states: readonly PortState[], vantage: Vantage): readonly PortFinding[] =>
  exoPorts.map((port, at) => {
    const state = states[at] ?? "silent";
    return { ...port, state, verdict: verdictOf(port, state, vantage) };
  });

/** Whether anything is open that should not be. */
export const isExposed = (hosts: readonly HostExposure[]): boolean =>
  hosts.some(({ ports }) => ports.some(({ verdict }) => verdict === "exposed"));
