import type { ExoPort } from "./exo-ports.js";

/**
 * What a port did when it was asked. `silent`: no answer at all, as behind a packet filter. `refused`: the machine answered that
 * nobody listens.
 */
export type PortState = "open" | "refused" | "silent";

/** Asks ports from this machine, without sending anything that changes something. */
export interface PortProbe {
  /** @param host a name or an address. Rejects only on abort. */
  ask(host: string, port: ExoPort, signal: AbortSignal): Promise<PortState>;
}
