import { linkPrior } from "./link-priors.js";
import type { PlanLink, PlanNode, PlanProblem } from "./plan-problem.js";
import { readRequestNodes } from "./read-request-nodes.js";
import { openIssueList } from "./request-issues.js";

/** A node of a chip with its memory (`m3ultra-512`), named after it, apart from all names that are taken. */
export function newcomer(problem: PlanProblem, chip: string, reserveBytes?: number): PlanNode | undefined {
  const taken = new Set(problem.nodes.map((node) => node.name));
  let name = chip;
  for (let count = 2; taken.has(name); count += 1) name = `${chip}-${count}`;
  return readRequestNodes([{ name, chip, reserveBytes }], openIssueList())[0];
}

/**
 * The problem with one more node. Without a default link it gets Thunderbolt over TCP to every other node. A limit on the
 * number of nodes that did not keep any node out is raised, so that it keeps the newcomer out neither.
 */
export function joinNode(problem: PlanProblem, node: PlanNode): PlanProblem {
  const cable = { kind: "thunderbolt", ...linkPrior("thunderbolt") };
  const links: readonly PlanLink[] =
    problem.defaultLink === undefined
      ? problem.nodes.flatMap((other) => [
          { from: node.name, to: other.name, ...cable },
          { from: other.name, to: node.name, ...cable },
        ])
      : [];
  const isLimited = problem.maxNodes < problem.nodes.length;
  return {
    ...problem,
    nodes: [...problem.nodes, node],
    links: [...problem.links, ...links],
    maxNodes: isLimited ? problem.maxNodes : problem.maxNodes + 1,
  };
}
