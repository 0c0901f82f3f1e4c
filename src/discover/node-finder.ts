/** A hint that an agent may be there. Never trusted, never acted upon before the node is enrolled. */
export interface Sighting {
  /** Unique per advertised agent: the mDNS instance name, or `host:port` of a static host. */
  readonly key: string;
  /** Where the packet came from (never the advertised address list), or the static host. IPv6 with its scope. */
  readonly address: string;
  readonly port: number;
  readonly from: "mdns" | "static";
  /** TXT `id`: the agent's UUID, as claimed. */
  readonly agentId?: string;
  /** TXT `fp`: base64url SHA-256 of the agent's public key, as claimed. */
  readonly fingerprint?: string;
  /** TXT `pv`: version of the agent's protocol, as claimed. */
  readonly protocolVersion?: number;
  /** How long the hint may be kept. */
  readonly ttlMs: number;
}

/** What a finder reports. `gone` only lowers confidence; it never means that a node is dead. */
export type FinderEvent =
  | { readonly kind: "seen"; readonly sighting: Sighting }
  | {
      readonly kind: "gone";
      readonly key: string;
      /** Where the goodbye came from. Present: sightings of the same key at other addresses keep their confidence. */
      readonly address?: string;
    }
  | { readonly kind: "trouble"; readonly message: string };

/** Looks for agents. Implemented by mDNS and by a list of hosts. */
export interface NodeFinder {
  /** Begins to look; reports until closed. Called once. */
  start(report: (event: FinderEvent) => void): Promise<void>;
  close(): Promise<void>;
}
