import type { ModelId, NodeName } from "../../cluster/names.js";
import type { AgentLink } from "../../inventory/agent-link.js";
import type { InventoryLink } from "../../inventory/inventory.js";
import type { ModelOnDisk, Peer } from "../../models/sync/sync-report.js";
import { Problem } from "../../runtime/problem.js";
import type { Fleet, FleetNode } from "../fleet.js";
import type { SyncCandidate } from "./choose-nodes.js";
import { copyAddresses } from "./peer-addresses.js";

/** The nodes as a copy sees them. */
export interface SyncNodes {
  /** Asks every agent about the model. */
  look(id: ModelId, signal: AbortSignal): Promise<readonly SyncCandidate[]>;
  /** @throws Problem (unreachable) while the agent does not answer */
  link(node: NodeName): AgentLink;
  /** A node as another one dials it. */
  peer(of: NodeName, from: NodeName, kind: Peer["kind"], onDisk: ModelOnDisk): Peer;
  pinOf(node: NodeName): string;
}

export function createSyncNodes(fleet: Fleet, links: () => readonly InventoryLink[]): SyncNodes {
  const nodeOf = (name: NodeName): FleetNode => {
    const found = fleet.nodes().find(({ member }) => member.name === name);
    if (found !== undefined) return found;
    throw new Problem("failed", "node_removed", `${name} is not a node of this cluster any more`);
  };
  const ask = async (node: FleetNode, id: ModelId, signal: AbortSignal): Promise<SyncCandidate> => {
    const { name } = node.member;
    if (node.link === undefined) return { name, ...(node.trouble === undefined ? {} : { trouble: node.trouble }) };
    try {
      return { name, onDisk: await node.link.sync.look(id, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { name, trouble: error instanceof Error ? error.message : String(error) };
    }
  };
  return {
    look: (id, signal) => Promise.all(fleet.nodes().map((node) => ask(node, id, signal))),
    link: (name) => {
      const { link, trouble } = nodeOf(name);
      if (link !== undefined) return link;
      throw new Problem("unreachable", "agent_unreachable", trouble ?? `the agent on ${name} does not answer`);
    },
    peer: (of, from, kind, { filesPort }) => {
      const { member, address, report } = nodeOf(of);
      const simulated = report?.value.simulated === true;
      const host = address?.host;
      const addresses =
        host === undefined ? [] : copyAddresses(links(), from, { name: of, host, filesPort, simulated });
      return { name: of, pin: member.pin, addresses, kind };
    },
    pinOf: (name) => nodeOf(name).member.pin,
  };
}
