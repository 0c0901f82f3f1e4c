import type { HostPort } from "../../config/host-port.js";
import type { FoundBy } from "./exo-hints.js";
import type { ToldInterface } from "./exo-probe.js";

/** How exos of a kind talk to each other: 0.0.x over gRPC, 1.x up to 1.0.71 over libp2p, newer ones over zenoh. */
export type Transport = "grpc" | "libp2p" | "zenoh";

/** A namespace of exo after 1.0.71: by name where it answered to one, else only by what stands for it on the wire. */
export type FoundNamespace =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "hashed"; readonly hash: string };

/** One exo, put together from everything that showed it. Only what its HTTP API told has been confirmed by itself. */
export interface FoundExo {
  /** Its Mac's name, its own id or its address; no two have the same. */
  readonly name: string;
  readonly generation: "1.x" | "0.0.x";
  readonly transport?: Transport;
  /** The oldest release that it can be, such as `1.0.71`; absent below 1.0.68 and where its API did not tell. */
  readonly variant?: string;
  /** Absent where nothing told: 0.0.x without a broadcast, and a namespace that is not ours. */
  readonly nodeId?: string;
  /** Where its HTTP API answers; empty when it answers nowhere. */
  readonly api: readonly HostPort[];
  /** Addresses that packets of it came from, and that others know it by. IPv6 with scope where there is one. */
  readonly addresses: readonly string[];
  /** All its addresses, as a member of its cluster told; empty when nobody did. */
  readonly interfaces: readonly ToldInterface[];
  readonly namespace?: FoundNamespace;
  /** UDP ports on which its broadcasts were heard (0.0.x). */
  readonly udpPorts: readonly number[];
  /** Where it says that it takes connections of peers (libp2p). */
  readonly endpoints: readonly HostPort[];
  /** Ids of the members of its cluster by its own account, itself included. */
  readonly members?: readonly string[];
  /** Ids of members whose HTTP API it has reached. */
  readonly reached: readonly string[];
  readonly foundBy: readonly FoundBy[];
}

/** A libp2p program that did not prove to be exo. */
export interface Libp2pStranger {
  readonly peerId: string;
  readonly address: string;
}

/** A host that somebody named as an exo, and that is none or does not answer. */
export interface Unanswered {
  readonly target: HostPort;
  /** `other`: something answers there, and it is not exo. */
  readonly reason: "refused" | "no-answer" | "no-route" | "no-name" | "other";
}

/** Who was found, and what kept us from finding more. */
export interface ExoFindings {
  readonly exos: readonly FoundExo[];
  readonly strangers: readonly Libp2pStranger[];
  readonly unanswered: readonly Unanswered[];
  /** One sentence each: what could not be listened to. */
  readonly troubles: readonly string[];
}
