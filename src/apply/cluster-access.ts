import type { NodeName } from "../cluster/names.js";
import type { RegistryReport } from "../cluster/registry-report.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { Deployment } from "../inventory/deployment.js";
import type { ExoListedModel } from "../inventory/exo-state.js";
import type { Inventory } from "../inventory/inventory.js";
import type { ExoControl } from "./exo-control.js";

/** Everything that decides what is to be done next, observed just now. */
export interface ClusterView {
  readonly inventory: Inventory;
  readonly deployment: Deployment;
  /** Of each node whose agent answered. */
  readonly registries: ReadonlyMap<NodeName, RegistryReport>;
  /** What each exo lists as models, for each that answered. */
  readonly listed: ReadonlyMap<NodeName, readonly ExoListedModel[]>;
}

/** The cluster as `apply` reaches it. */
export interface ClusterAccess {
  /** Looks afresh. Nodes that do not answer are missing from the maps; rejects only when nothing can be said at all. */
  observe(signal: AbortSignal): Promise<ClusterView>;
  /** Undefined while the agent of this node cannot be reached, or where there is none. */
  agent(node: NodeName): AgentLink | undefined;
  /** Undefined while the controller knows no address of this exo. */
  exo(node: NodeName): ExoControl | undefined;
}
