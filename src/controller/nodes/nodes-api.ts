import type { NodeState } from "../status-report.js";

/** One enrolled node, as `exoctl nodes list -o json` prints it. */
export interface EnrolledNode {
  readonly name: string;
  /** `waiting`: it has enrolled and nobody has approved it yet. */
  readonly state: NodeState;
  /** Why it takes no layers, one sentence each. */
  readonly reasons: readonly string[];
  /** As the node itself says; empty until it has answered. */
  readonly chip: string;
  readonly memoryBytes: number;
  /** Where its agent was reached last, `host:port`; empty before that. */
  readonly address: string;
  /** Further addresses of the machine, as exo tells them. */
  readonly toldAddresses: readonly string[];
  readonly agentId: string;
  /** base64url SHA-256 of its public key. */
  readonly pin: string;
  /** The same for people; the agent prints them when it enrols. */
  readonly pinWords: string;
  /** Milliseconds since the Unix epoch. */
  readonly enrolledAt: number;
}

/** A join token that is still good, or was. Its text is not kept. */
export interface ListedToken {
  readonly id: string;
  readonly state: "open" | "used" | "expired";
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The only node that may use it. */
  readonly forName?: string;
  /** The node that did. */
  readonly usedBy?: string;
}

/** What a call changed. */
export interface NodeChange {
  readonly node: string;
  readonly outcome: "changed" | "unchanged";
}

/** The controller's key, after a change of it has been asked for. */
export interface RotatedKey {
  /** `goes-on`: an earlier change was not complete, and no further key was made. */
  readonly outcome: "started" | "goes-on";
  /** base64url SHA-256 of the newest public key. */
  readonly pin: string;
  readonly pinWords: string;
  /** Nodes that still answer the key before, and why. While there are any, that one is kept. */
  readonly behind: readonly { readonly node: string; readonly why: string }[];
}

/** Membership: who belongs to the cluster, and who takes layers. Calls reject with Problem `unknown_node` and others. */
export interface NodesApi {
  listNodes(): readonly EnrolledNode[];
  /** From now on it may take layers. */
  approveNode(request: { readonly node: string }): Promise<NodeChange>;
  /** Cordoned, it takes no new layers; what it serves goes on. */
  cordonNode(request: { readonly node: string; readonly mode: "cordon" | "uncordon" }): Promise<NodeChange>;
  /**
   * Its key is not accepted any more: it is not asked, and joins again only by a new token. Refused while it serves layers, unless
   * `even` says so.
   */
  removeNode(request: { readonly node: string; readonly even?: "serving" }): Promise<NodeChange>;
  /**
   * Makes a new key of the controller and brings it to every node that answers; the others follow when they do. Open join tokens
   * are good no more.
   */
  rotateKey(): Promise<RotatedKey>;
  listTokens(): readonly ListedToken[];
  /** Nobody can use it any more. */
  revokeToken(request: { readonly id: string }): Promise<NodeChange>;
}
