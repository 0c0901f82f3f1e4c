import type { ClassicBeacon } from "./classic-beacon.js";
import type { Libp2pPeer } from "./libp2p-answer.js";

/** How a machine came to be known. */
export type FoundBy =
  | "mdns"
  | "static"
  | "enrolled"
  | "option"
  | "this-machine"
  | "peer"
  | "libp2p-mdns"
  | "udp-beacon"
  | "zenoh-hello"
  | "ssh-mdns";

/**
 * What one of exo's own ways to find peers has shown. Hints, all of them: unsigned, and from anybody on the link. `address` is
 * where the packet came from, IPv6 with its scope.
 */
export type ExoHint =
  | { readonly kind: "libp2p"; readonly address: string; readonly peer: Libp2pPeer }
  | { readonly kind: "beacon"; readonly address: string; readonly udpPort: number; readonly beacon: ClassicBeacon }
  /** Heard, not asked for: says which namespace is spoken there, and not by whom. */
  | { readonly kind: "hello"; readonly address: string; readonly namespaceHash: string }
  | {
      readonly kind: "whats-up";
      readonly address: string;
      readonly nodeId: string;
      readonly zenohPort: number;
      /** The namespace that was asked for. */
      readonly namespace: string;
    };

/** What a source reports: hints, and why it may be deaf. */
export type ExoHintEvent = ExoHint | { readonly kind: "trouble"; readonly message: string };

/** One way to look for exo. Implemented by mDNS, by UDP broadcasts and by the announcements over IPv6. */
export interface ExoHintSource {
  /** Begins to look; reports until closed. Called once. What can't be opened is reported as trouble. */
  start(report: (event: ExoHintEvent) => void): Promise<void>;
  close(): Promise<void>;
}
