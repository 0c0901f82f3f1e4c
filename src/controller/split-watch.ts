import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import { isReadyOn, startAgain } from "../apply/stuck-exo.js";
import type { NodeName } from "../cluster/names.js";
import { type AgentLink, AgentRefusedError } from "../inventory/agent-link.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { type Apartness, afterLook, afterRestart, isRestartDue } from "./apartness.js";

/** Brings exos back that have parted from the others. */
export interface SplitWatch {
  /** @param mode `mend` starts an exo again, in the background, when that is due; `watch` only notes what is there */
  look(view: ClusterView, mode: "mend" | "watch"): void;
  /** Resolves when no exo is being started again. */
  idle(): Promise<void>;
}

export interface SplitWatchDeps {
  readonly access: Pick<ClusterAccess, "agent">;
  /** Whether exo is exoctl's to start. */
  readonly manages: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends what is under way. */
  readonly lifetime: AbortSignal;
}

/**
 * An election whose messages get lost can leave two masters, each with a part of the exos, and exo never notices: what it missed
 * of the other one's events it asks for without end (seen with 1.0.71 on a busy machine). A new start makes the smaller part
 * join again. One that may be serving is left alone, and so is one on a node that an admin has set aside.
 */
export function createSplitWatch({ access, manages, clock, logger, lifetime }: SplitWatchDeps): SplitWatch {
  const known = new Map<NodeName, Apartness>();
  const restarts = new Map<NodeName, Promise<void>>();
  /** Where exo may have been stopped and not started: nothing but us would start it. */
  const halted = new Set<NodeName>();

  const restart = async (node: NodeName, agent: AgentLink): Promise<void> => {
    try {
      const isHalted = halted.has(node);
      if (!isHalted) logger.warn("exo is apart from the others, starting it again", { node });
      halted.add(node);
      await (isHalted ? agent.startExo(lifetime) : startAgain(agent, lifetime));
      halted.delete(node);
    } catch (error) {
      if (error instanceof AgentRefusedError) halted.delete(node);
      if (!lifetime.aborted) logger.warn("exo was not started again", { node, error });
    } finally {
      restarts.delete(node);
    }
  };
  return {
    look: ({ inventory, deployment }, mode) => {
      const now = clock.now();
      for (const { name, exo, notReady, cordoned } of inventory.nodes) {
        const node = { apart: exo.value.apart === true, ready: notReady.length === 0 };
        const apartness = afterLook(known.get(name), node, now);
        if (apartness === undefined) known.delete(name);
        else known.set(name, apartness);
        const serves = deployment.instances.some((instance) => isReadyOn(instance, name));
        const agent = access.agent(name);
        if (halted.has(name) && !restarts.has(name) && agent !== undefined && mode === "mend") {
          restarts.set(name, restart(name, agent));
          continue;
        }
        const mayMend = mode === "mend" && manages() && node.apart && !cordoned && !serves && !restarts.has(name);
        if (!mayMend || agent === undefined || apartness === undefined || !isRestartDue(apartness, now)) continue;
        known.set(name, afterRestart(apartness, now));
        restarts.set(name, restart(name, agent));
      }
    },
    idle: async () => {
      await Promise.all(restarts.values());
    },
  };
}
