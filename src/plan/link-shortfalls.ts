import { type CostTables, prepareTables } from "./cost-tables.js";
import { fixOf } from "./describe-changes.js";
import { hasPlan } from "./has-plan.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Change, Reason } from "./reason.js";

/** In larger clusters no single missing link is looked for. */
const mostNodes = 12;

/** Why the links allow no ring although memory would do: who is cut off, and the one link that would mend it. */
export function linkShortfalls(problem: PlanProblem): readonly Reason[] {
  const tables = prepareTables(problem, "usable");
  const change = missingLink(problem, tables);
  const anyway = "Connect the nodes, list the missing links, or give a defaultLink.";
  const message =
    "Memory would do, but the links allow no ring: each node must reach the next and the last one the first.";
  return [
    { code: "no_ring", message, ...(change === undefined ? { fix: anyway } : fixOf([change])) },
    ...tables.nodes.flatMap((node, index) => {
      const why = cutOff(tables, index);
      return why === undefined ? [] : [{ code: "not_linked", node: node.name, message: `${node.name} ${why}.` }];
    }),
  ];
}

const isLinked = ({ nodes, hopSec }: CostTables, from: number, to: number): boolean =>
  (hopSec[from * nodes.length + to] ?? Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;

function cutOff(tables: CostTables, node: number): string | undefined {
  const others = [...tables.nodes.keys()].filter((other) => other !== node);
  const reaches = others.some((other) => isLinked(tables, node, other));
  const reached = others.some((other) => isLinked(tables, other, node));
  if (reaches && reached) return undefined;
  if (!reaches && !reached) return "has no link to or from any other node";
  return reaches ? "can be reached by no other node" : "can reach no other node";
}

/** The first link by name that alone would close a ring: a single direction if possible, else both. */
function missingLink(problem: PlanProblem, tables: CostTables): Change | undefined {
  if (tables.nodes.length > mostNodes) return undefined;
  const numbers = [...tables.nodes.keys()];
  const absent = numbers.flatMap((from) =>
    numbers.filter((to) => to !== from && !isLinked(tables, from, to)).map((to) => [from, to] as const),
  );
  const nameOf = (node: number): string => tables.nodes[node]?.name ?? "";
  const link = (from: number, to: number) => ({ from: nameOf(from), to: nameOf(to), alphaSec: 0, bytesPerSec: 1e12 });
  const helps = (...links: readonly ReturnType<typeof link>[]): boolean =>
    hasPlan({ ...problem, links: [...problem.links, ...links] });
  const one = absent.find(([from, to]) => helps(link(from, to)));
  if (one !== undefined) return { kind: "link", from: nameOf(one[0]), to: nameOf(one[1]), directions: "one" };
  const both = absent.find(([from, to]) => from < to && helps(link(from, to), link(to, from)));
  return both && { kind: "link", from: nameOf(both[0]), to: nameOf(both[1]), directions: "both" };
}
