import type { ExoNodeId, NodeName } from "../cluster/names.js";
import { agentNode, viewOfAgent } from "./agent-node.js";
import { type ExoOnlyPeer, exoOnlyNode } from "./exo-only-node.js";
import type { ExoPeer } from "./exo-state.js";
import { type AgentFacts, currentViews, type ExoView, isCurrentView, livePeers } from "./exo-view.js";
import type { Inventory, InventoryNode } from "./inventory.js";
import { inventoryLinks } from "./inventory-links.js";
import { nameExoPeers } from "./node-names.js";
import { comparePeers } from "./peer-visibility.js";

/** Everything the controller knows at one moment. */
export interface InventoryInput {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Empty where the cluster is driven over exo's API alone. */
  readonly agents: readonly AgentFacts[];
  /** One per exo that answered, whether or not it has an agent. */
  readonly views: readonly ExoView[];
  /** Names of nodes that an admin has cordoned. */
  readonly cordoned?: ReadonlySet<string>;
}

/** What is known of the nodes: their inventory, and which of exo's ids belongs to whom. */
export interface KnownNodes {
  readonly inventory: Inventory;
  nameOf(id: ExoNodeId): NodeName | undefined;
}

/**
 * Puts agents' reports and exos' views together: one node per enrolled agent, and one per further node that exo knows. Nodes
 * are in order of their names. A node is ready only when everything says so: a fresh report, an exo that answers, is new
 * enough, and is seen by the others.
 */
export function buildInventory(input: InventoryInput): KnownNodes {
  const { now, agents } = input;
  const cordoned = (name: NodeName): boolean => input.cordoned?.has(name) === true;
  const current = currentViews(input.views, now);
  const visibility = comparePeers(current);
  const agentViews = new Map(agents.map((agent) => [agent, viewOfAgent(agent, input.views)]));
  const names = new Map<ExoNodeId, NodeName>();
  for (const [agent, view] of agentViews) {
    const id = view !== undefined && isCurrentView(view, now) ? view.nodeId : agent.report.value.exo.nodeId;
    if (id !== undefined) names.set(id, agent.name);
  }
  const others = exoOnlyPeers(visibility.main, current, names, agents);
  for (const other of others) names.set(other.peer.id, other.name);

  const nameOf = (id: ExoNodeId): NodeName | undefined => names.get(id);
  const seenReasons = (id: ExoNodeId | undefined): string[] => (id === undefined ? [] : visibility.reasons(id, nameOf));
  const withoutAgent =
    agents.length === 0 ? [] : ["it has no exoctl agent: its registry and weights cannot be prepared"];
  const nodes: InventoryNode[] = [
    ...agents.map((agent) => {
      const view = agentViews.get(agent);
      const id = view !== undefined && isCurrentView(view, now) ? view.nodeId : undefined;
      const others = { reasons: seenReasons(id), apart: id !== undefined && visibility.isApart(id) };
      return agentNode(agent, view, cordoned(agent.name), others, now);
    }),
    ...others.map((other) =>
      exoOnlyNode(other, cordoned(other.name), [...withoutAgent, ...seenReasons(other.peer.id)]),
    ),
  ];
  nodes.sort((left, right) => (left.name < right.name ? -1 : 1));
  return { inventory: { at: now, nodes, links: inventoryLinks(visibility.main, nameOf) }, nameOf };
}

/** Members of exo's cluster, and exos that answer from outside it, that belong to no agent. */
function exoOnlyPeers(
  main: readonly ExoView[],
  current: readonly ExoView[],
  agentIds: ReadonlyMap<ExoNodeId, NodeName>,
  agents: readonly AgentFacts[],
): ExoOnlyPeer[] {
  const found = new Map<ExoNodeId, { peer: ExoPeer; toldBy: ExoView }>();
  for (const view of [...main, ...current]) {
    for (const [id, peer] of livePeers(view)) {
      if (!agentIds.has(id) && !found.has(id)) found.set(id, { peer, toldBy: view });
    }
  }
  const names = nameExoPeers(
    [...found.values()].map((item) => item.peer),
    agents.map((agent) => agent.name),
  );
  return [...found.values()].flatMap(({ peer, toldBy }) => {
    const name = names.get(peer);
    const own = current.find((view) => view.nodeId === peer.id);
    return name === undefined ? [] : [{ name, peer, toldBy, ...(own === undefined ? {} : { own }) }];
  });
}
