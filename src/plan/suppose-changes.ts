import type { LinkKind } from "../inventory/inventory.js";
import { joinNode, newcomer } from "./join-node.js";
import { isKnownLinkKind, linkPrior } from "./link-priors.js";
import type { PlanLink, PlanProblem } from "./plan-problem.js";
import type { Supposition } from "./read-what-if.js";
import type { Reason } from "./reason.js";
import type { RequestIssue } from "./request-issues.js";

/** How nodes that are added are treated: as those of a request, unless told otherwise. */
export interface Newcomers {
  readonly reserveBytes?: number;
}

/** The problem after all changes, or what is wrong with them. Additions come first, so a link may name a newcomer. */
export function supposeChanges(
  problem: PlanProblem,
  suppositions: readonly Supposition[],
  newcomers: Newcomers = {},
): { readonly problem: PlanProblem; readonly notes: readonly Reason[] } | { readonly issues: readonly RequestIssue[] } {
  const rank = { add: 0, link: 1, remove: 2 } as const;
  const issues: RequestIssue[] = [...contradictions(suppositions)];
  const notes: Reason[] = [];
  const removed = new Set<string>();
  let changed = problem;
  for (const supposition of suppositions.toSorted((left, right) => rank[left.kind] - rank[right.kind])) {
    const names = new Set(changed.nodes.map((node) => node.name));
    const unknown = nodesNamed(supposition).filter((name) => !names.has(name));
    if (supposition.kind === "remove" && removed.has(supposition.node)) continue;
    for (const name of unknown) issues.push({ path: "--what-if", problem: unknownNode(name, names) });
    if (unknown.length > 0) continue;
    const step = applySupposition(changed, supposition, newcomers);
    changed = step.problem;
    if (supposition.kind === "remove") removed.add(supposition.node);
    notes.push(...step.notes);
  }
  return issues.length > 0 ? { issues } : { problem: changed, notes };
}

/** Changes that can't be meant together: a node removed twice, or given a link and removed. */
function contradictions(suppositions: readonly Supposition[]): readonly RequestIssue[] {
  const removals = suppositions.flatMap((one) => (one.kind === "remove" ? [one.node] : []));
  const twice = new Set(removals.filter((node, index) => removals.indexOf(node) < index));
  const linked = suppositions.flatMap((one) => (one.kind === "link" ? nodesNamed(one) : []));
  const both = new Set(linked.filter((node) => removals.includes(node)));
  const issue = (problem: string): RequestIssue => ({ path: "--what-if", problem });
  return [
    ...[...twice].map((node) => issue(`${JSON.stringify(node)} is removed twice`)),
    ...[...both].map((node) => issue(`${JSON.stringify(node)} is given a link and removed`)),
  ];
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

function addNode(problem: PlanProblem, chip: string, { reserveBytes }: Newcomers) {
  const node = newcomer(problem, chip, reserveBytes);
  if (node === undefined) return { problem, notes: [] };
  const how =
    problem.defaultLink === undefined ? "Thunderbolt over TCP to every node" : "the default link to every node";
  const message = `${node.name} is taken to have ${how}.`;
  const limited = { ...node, budgetBytes: node.budgetBytes * (problem.limitShare ?? 1) };
  return { problem: joinNode(problem, limited), notes: [{ code: "assumed_links", node: node.name, message }] };
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
