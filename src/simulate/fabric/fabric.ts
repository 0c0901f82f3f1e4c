import type { MacProfile } from "../mac-profile.js";

/** One simulated exo as the others on the switch see it. */
export interface FabricPeer {
  /** exo's node id. */
  readonly id: string;
  readonly profile: MacProfile;
}

/** A message between simulated exos. Bodies are plain JSON values. */
export interface FabricMessage {
  readonly topic: string;
  readonly from: string;
  readonly body: unknown;
}

/**
 * What stands in for exo's own transport between simulated nodes: a switch that delivers every message to all other
 * peers, in order per sender, and reports who is plugged in. Never delivers to the sender itself.
 */
export interface Fabric {
  publish(topic: string, body: unknown): void;
  /** Called for each message of another peer. One listener. */
  onMessage(listen: (message: FabricMessage) => void): void;
  /** Called for each other peer: those that were there before, and those that come later. One listener. */
  onPeerJoined(listen: (peer: FabricPeer) => void): void;
  onPeerLeft(listen: (peerId: string) => void): void;
  /** Leaves the switch. Safe to call again. */
  close(): Promise<void>;
}
