import type { ClassicExoReport } from "../../cluster/classic-launch.js";
import type { ClassicDescription } from "../../cluster/classic-report.js";
import type { ClassicTopology } from "../../cluster/classic-topology.js";
import type { Hardware } from "../../cluster/hardware.js";
import type { NodeName } from "../../cluster/names.js";
import type { ExoReport } from "../../cluster/node-report.js";
import type { AgentLink } from "../../inventory/agent-link.js";
import type { ClassicExoApi } from "../../inventory/classic-exo.js";

/** One machine with an exo 0.0.x, as its agent and its exo describe it. What is absent was not answered. */
export interface RingNode {
  readonly name: NodeName;
  readonly simulated: boolean;
  /** Where the controller reaches the machine, and its peers as well. */
  readonly address?: string;
  readonly hardware?: Hardware;
  readonly exo?: ExoReport;
  /** How its agent starts exo. */
  readonly report?: ClassicExoReport;
  /** Why there is no report. */
  readonly trouble?: string;
  readonly topology?: ClassicTopology;
  /** Ids of the registry that its exo has loaded. */
  readonly models?: readonly string[];
  /** Its registry file; only where it was asked for. */
  readonly registry?: ClassicDescription;
}

/** All machines with an exo 0.0.x. */
export interface RingView {
  readonly nodes: readonly RingNode[];
}

/** The machines as `apply` reaches them. */
export interface RingAccess {
  /**
   * Looks afresh; rejects only on abort.
   *
   * @param ids entries to look up in the registry files; without any the files are not read
   */
  observe(ids: readonly string[], signal: AbortSignal): Promise<RingView>;
  /** Undefined while it can't be reached. */
  agent(node: NodeName): AgentLink | undefined;
  /** Undefined while no exo 0.0.x was seen there. */
  api(node: NodeName): ClassicExoApi | undefined;
}

export const ringNode = (view: RingView, name: string): RingNode | undefined =>
  view.nodes.find((node) => node.name === name);
