import type { ClassicNode } from "../apply/classic/classic-change.js";
import { Problem } from "../runtime/problem.js";
import type { FleetNode } from "./fleet.js";

/** A node with an exo 0.0.x that does not answer, and why. */
interface SilentNode {
  readonly name: string;
  readonly trouble: string;
}

export interface ChosenNodes {
  readonly answering: readonly ClassicNode[];
  readonly silent: readonly SilentNode[];
}

/**
 * The nodes that have an exo 0.0.x. One that has not said anything since the controller started may have one, so it counts.
 *
 * @param on only these
 * @throws Problem (usage) when one of these is not enrolled, or there is no such node at all
 */
export function chooseClassicNodes(fleet: readonly FleetNode[], on: readonly string[] | undefined): ChosenNodes {
  const names = fleet.map(({ member }) => String(member.name));
  const unknown = (on ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Problem(
      "usage",
      "unknown_node",
      `no node is called ${unknown.join(", ")}`,
      names.length === 0 ? "No node has joined yet: see `exoctl token create`." : `They are ${names.join(", ")}.`,
    );
  const asked = fleet.filter(({ member }) => on === undefined || on.includes(member.name));
  const others = asked.filter(({ report }) => report !== undefined && report.value.exo.generation !== "classic");
  if (on !== undefined && others.length > 0) throw notClassic(others.map(({ member }) => member.name));
  const classic = asked.filter((node) => !others.includes(node));
  if (classic.length === 0) throw notClassic([]);
  return {
    answering: classic.flatMap(({ member, link }) =>
      link === undefined ? [] : [{ name: member.name, registry: link.classic }],
    ),
    silent: classic.flatMap(({ member, link, trouble }) =>
      link === undefined ? [{ name: member.name, trouble: trouble ?? "its agent has not answered yet" }] : [],
    ),
  };
}

const notClassic = (names: readonly string[]): Problem =>
  new Problem(
    "usage",
    "no_classic_exo",
    names.length === 0 ? "no node of this cluster has an exo 0.0.x" : `there is no exo 0.0.x on ${names.join(", ")}`,
    "Where there is one, start the agent with --classic PATH: its checkout, virtual environment or models.py.",
  );

/** @throws Problem (unreachable) that names everybody who does not answer */
export function requireAnswers({ answering, silent }: ChosenNodes): readonly ClassicNode[] {
  if (silent.length === 0) return answering;
  const rest = answering.map(({ name }) => name).join(",");
  throw new Problem(
    "unreachable",
    "silent_nodes",
    `nothing was changed: ${silent.map(({ name, trouble }) => `${name} does not answer (${trouble})`).join("; ")}`,
    `exo 0.0.x needs the same entry on every node: bring it back${rest === "" ? "." : `, or leave it out with --on ${rest}.`}`,
  );
}
