import type { LinkKind } from "../inventory/inventory.js";
import { isKnownLinkKind, linkPrior } from "./link-priors.js";
import type { PlanLink, PlanProblem } from "./plan-problem.js";
import { readRequestNodes } from "./read-request-nodes.js";
import type { Supposition } from "./read-what-if.js";
import type { Reason } from "./reason.js";
import { openIssueList, type RequestIssue } from "./request-issues.js";

/** How nodes that are added are treated: as those of a request, unless told otherwise. */
export interface Newcomers {
  readonly reserveBytes?: number;
  /** How much of Metal's limit may be used; all of it unless told otherwise. */
  readonly limitShare?: number;
}

/** The problem after all changes, or what is wrong with them. Additions come first, so a link may name a newcomer. */
export function supposeChanges(
  problem: PlanProblem,
  suppositions: readonly Supposition[],
  newcomers: Newcomers = {},
): { readonly problem: PlanProblem; readonly notes: readonly Reason[] } | { readonly issues: readonly RequestIssue[] } {
  const rank = { add: 0, link: 1, remove: 2 } as const;
  const issues: RequestIssue[] = [];
  const notes: Reason[] = [];
  let changed = problem;
  for (const supposition of suppositions.toSorted((left, right) => rank[left.kind] - rank[right.kind])) {
    const names = new Set(changed.nodes.map((node) => node.name));
    const unknown = nodesNamed(supposition).filter((name) => !names.has(name));
    for (const name of unknown) issues.push({ path: "--what-if", problem: unknownNode(name, names) });
    if (unknown.length > 0) continue;
    const step = applySupposition(changed, supposition, newcomers);
    changed = step.problem;
    notes.push(...step.notes);
  }
  return issues.length > 0 ? { issues } : { problem: changed, notes };
}

const unknownNode = (name: string, names: ReadonlySet<string>): string =>
  `there is no node ${JSON.stringify(name)} that can take layers; there are ${[...names].join(", ") || "none"}`;

function nodesNamed(supposition: Supposition): readonly string[] {
  if (supposition.kind === "add") return [];
  return supposition.kind === "remove" ? [supposition.node] : [supposition.one, supposition.other];
}

function applySupposition(problem: PlanProblem, supposition: Supposition, newcomers: Newcomers) {
  switch (supposition.kind) {
    case "add":
      return addNode(problem, supposition.chip, newcomers);
    case "remove":
      return { problem: removeNode(problem, supposition.node), notes: [] };
    case "link":
      return { problem: setLink(problem, supposition), notes: [] };
    default:
      return supposition satisfies never;
  }
}

function addNode(problem: PlanProblem, chip: string, { reserveBytes, limitShare = 1 }: Newcomers) {
  const taken = new Set(problem.nodes.map((node) => node.name));
  let name = chip;
  for (let count = 2; taken.has(name); count += 1) name = `${chip}-${count}`;
  const nodes = readRequestNodes([{ name, chip, reserveBytes }], openIssueList()).map((node) => ({
    ...node,
    budgetBytes: node.budgetBytes * limitShare,
  }));
  const assumed = linkPrior("thunderbolt");
  const links: readonly PlanLink[] =
    problem.defaultLink === undefined
      ? problem.nodes.flatMap((node) => [
          { from: name, to: node.name, kind: "thunderbolt", ...assumed },
          { from: node.name, to: name, kind: "thunderbolt", ...assumed },
        ])
      : [];
  const how = links.length > 0 ? "Thunderbolt over TCP to every node" : "the default link to every node";
  const unlimited = problem.maxNodes >= problem.nodes.length;
  return {
    problem: {
      ...problem,
      nodes: [...problem.nodes, ...nodes],
      links: [...problem.links, ...links],
      maxNodes: unlimited ? problem.maxNodes + 1 : problem.maxNodes,
    },
    notes: [{ code: "assumed_links", node: name, message: `${name} is taken to have ${how}.` }],
  };
}

function removeNode(problem: PlanProblem, name: string): PlanProblem {
  const stays = (link: PlanLink): boolean => link.from !== name && link.to !== name;
  return {
    ...problem,
    nodes: problem.nodes.filter((node) => node.name !== name),
    links: problem.links.filter(stays),
    ...(problem.tensorLinks === undefined ? {} : { tensorLinks: problem.tensorLinks.filter(stays) }),
    pins: problem.pins.filter((pin) => pin.node !== name),
  };
}

/** Where pipelines and tensor pairs have links of their own, a cable that carries RDMA carries TCP as well. */
function setLink(problem: PlanProblem, change: Extract<Supposition, { kind: "link" }>): PlanProblem {
  const { one, other, linkKind } = change;
  const isPair = (link: PlanLink): boolean =>
    (link.from === one && link.to === other) || (link.from === other && link.to === one);
  const { tensorLinks } = problem;
  if (tensorLinks !== undefined) {
    const pair = linkKind === "rdma" ? bothWays(one, other, "rdma") : [];
    const { tensorLinks: _replaced, ...rest } = problem;
    const changed = setLink(rest, { ...change, linkKind: linkKind === "rdma" ? "thunderbolt" : linkKind });
    return { ...changed, tensorLinks: [...tensorLinks.filter((link) => !isPair(link)), ...pair] };
  }
  const others = problem.links.filter((link) => !isPair(link));
  if (!isKnownLinkKind(linkKind)) return cutLink(problem, one, other, others);
  return { ...problem, links: [...others, ...bothWays(one, other, linkKind)] };
}

function bothWays(one: string, other: string, kind: LinkKind): readonly PlanLink[] {
  const prior = { kind, ...linkPrior(kind) };
  return [
    { from: one, to: other, ...prior },
    { from: other, to: one, ...prior },
  ];
}

/** Without a link: where a default link would take its place, every other pair gets its default written out. */
function cutLink(problem: PlanProblem, one: string, other: string, rest: readonly PlanLink[]): PlanProblem {
  const { defaultLink, ...others } = problem;
  if (defaultLink === undefined) return { ...problem, links: rest };
  const known = new Set(rest.map((link) => JSON.stringify([link.from, link.to])));
  known.add(JSON.stringify([one, other])).add(JSON.stringify([other, one]));
  const names = problem.nodes.map((node) => node.name);
  const written = names.flatMap((from) =>
    names
      .filter((to) => to !== from && !known.has(JSON.stringify([from, to])))
      .map((to) => ({ from, to, ...defaultLink })),
  );
  return { ...others, links: [...rest, ...written] };
}
