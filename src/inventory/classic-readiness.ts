import type { NodeName } from "../cluster/names.js";
import { agentReasons } from "./agent-node.js";
import type { AgentFacts } from "./exo-view.js";
import type { Inventory, InventoryNode } from "./inventory.js";

/**
 * The inventory of a cluster of exo 0.0.x. There a node is ready when its agent answers and starts its exo: whether exo runs does
 * not matter, since it is only started once its peers are known.
 */
export function classicInventory(inventory: Inventory, agents: readonly AgentFacts[], now: number): Inventory {
  const reasons = new Map(agents.map((agent): [NodeName, readonly string[]] => [agent.name, reasonsOf(agent, now)]));
  return {
    ...inventory,
    nodes: inventory.nodes.map((node): InventoryNode => {
      const notReady = reasons.get(node.name);
      return notReady === undefined ? node : { ...node, notReady };
    }),
  };
}

function reasonsOf(agent: AgentFacts, now: number): readonly string[] {
  const { managed, state, problem } = agent.report.value.exo;
  const others = managed
    ? []
    : [
        state === "running"
          ? "its exo 0.0.x was started by somebody else, so it can't be told its peers: end it there"
          : `its agent does not start exo 0.0.x${problem === undefined ? "" : `: ${problem}`}`,
      ];
  return [...agentReasons(agent, now), ...others];
}
