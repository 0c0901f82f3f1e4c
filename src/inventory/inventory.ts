import type { ExoVariant } from "../cluster/exo-variant.js";
import type { Hardware, MemoryFacts } from "../cluster/hardware.js";
import type { AgentId, ExoNodeId, NodeName } from "../cluster/names.js";
import type { ExoRunState } from "../cluster/node-report.js";
import type { Observed } from "../cluster/observed.js";
import type { ExoAddress } from "./exo-state.js";

/** What we know of one node, each fact with its age. */
export interface InventoryNode {
  readonly name: NodeName;
  /** Absent for a node that is known only through exo's API. */
  readonly agentId?: AgentId;
  readonly simulated: boolean;
  readonly cordoned: boolean;
  readonly hardware: Observed<Hardware>;
  readonly memory: Observed<MemoryFacts>;
  readonly exo: Observed<{
    readonly state: ExoRunState;
    readonly nodeId?: ExoNodeId;
    readonly variant?: ExoVariant;
    /** Where the controller reaches its API; absent when it does not. */
    readonly address?: ExoAddress;
    /** Present where it answers and is in another cluster than the exos of most nodes. Told of nodes with an agent only. */
    readonly apart?: true;
  }>;
  /** Why this node can't take layers now, one sentence each; empty when it can. */
  readonly notReady: readonly string[];
}

/** Kinds of link with different latency and rate (placement reference 3.5). */
export type LinkKind = "rdma" | "thunderbolt" | "ethernet-10g" | "ethernet-1g" | "wifi" | "unknown";

/** A directed connection that exo has really used. */
export interface InventoryLink {
  readonly from: NodeName;
  readonly to: NodeName;
  readonly kind: LinkKind;
  /** Address of `to` as `from` reaches it; absent for RDMA. */
  readonly ip?: string;
  /** `from`'s interface that leads to `to`; for RDMA only. */
  readonly rdmaInterface?: string;
}

export interface Inventory {
  readonly at: number;
  readonly nodes: readonly InventoryNode[];
  readonly links: readonly InventoryLink[];
}
