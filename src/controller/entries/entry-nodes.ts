import { Problem } from "../../runtime/problem.js";
import type { AddedModel } from "../added-models.js";
import type { Fleet, FleetNode } from "../fleet.js";

/** The nodes that a command means. */
export interface EntryNodes {
  readonly nodes: readonly FleetNode[];
  /** As it is remembered. */
  readonly wanted: AddedModel["nodes"];
}

/** @param on names; all nodes without it. @throws Problem when a name is unknown, or nobody has enrolled */
export function entryNodes(fleet: Fleet, on: readonly string[] | undefined): EntryNodes {
  const all = fleet.nodes().toSorted((left, right) => (left.member.name < right.member.name ? -1 : 1));
  if (all.length === 0)
    throw new Problem(
      "usage",
      "no_agents",
      "no node has an agent, so nobody can write into exo's registries",
      "Let a node join: exoctl token create",
    );
  if (on === undefined) return { nodes: all, wanted: "all" };
  const names = all.map(({ member }) => member.name);
  const unknown = on.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0 || on.length === 0)
    throw new Problem(
      "usage",
      "unknown_node",
      on.length === 0 ? "no node is named" : `there is no node named ${unknown.join(", ")}`,
      `The nodes are ${names.join(", ")}.`,
    );
  const nodes = all.filter(({ member }) => on.includes(member.name));
  return { nodes, wanted: nodes.map(({ member }) => member.agentId).toSorted() };
}

/** Why an agent's call failed, in its own words. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const silentAgent = ({ trouble }: FleetNode): string =>
  `its agent does not answer: ${trouble ?? "no answer yet"}`;
