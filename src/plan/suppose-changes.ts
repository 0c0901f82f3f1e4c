import { joinNode, newcomer } from "./join-node.js";
import { isKnownLinkKind, linkPrior } from "./link-priors.js";
import type { PlanLink, PlanProblem } from "./plan-problem.js";
import type { Supposition } from "./read-what-if.js";
import type { Reason } from "./reason.js";
import type { RequestIssue } from "./request-issues.js";

/** The problem after all changes, or what is wrong with them. Additions come first, so a link may name a newcomer. */
export function supposeChanges(
  problem: PlanProblem,
  suppositions: readonly Supposition[],
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
    for (const name of unknown) issues.push({ path: "--what-if", problem: `there is no node ${JSON.stringify(name)}` });
    if (unknown.length > 0) continue;
    const step = applySupposition(changed, supposition);
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

function nodesNamed(supposition: Supposition): readonly string[] {
  if (supposition.kind === "add") return [];
  return supposition.kind === "remove" ? [supposition.node] : [supposition.one, supposition.other];
}

function applySupposition(problem: PlanProblem, supposition: Supposition) {
  switch (supposition.kind) {
    case "add":
      return addNode(problem, supposition.chip);
    case "remove":
      return { problem: removeNode(problem, supposition.node), notes: [] };
    case "link":
      return { problem: setLink(problem, supposition), notes: [] };
    default:
      return supposition satisfies never;
  }
}

function addNode(problem: PlanProblem, chip: string) {
  const node = newcomer(problem, chip);
  if (node === undefined) return { problem, notes: [] };
  const how =
    problem.defaultLink === undefined ? "Thunderbolt over TCP to every node" : "the default link to every node";
  const message = `${node.name} is taken to have ${how}.`;
  return { problem: joinNode(problem, node), notes: [{ code: "assumed_links", node: node.name, message }] };
}

const removeNode = (problem: PlanProblem, name: string): PlanProblem => ({
  ...problem,
  nodes: problem.nodes.filter((node) => node.name !== name),
  links: problem.links.filter((link) => link.from !== name && link.to !== name),
  pins: problem.pins.filter((pin) => pin.node !== name),
});

function setLink(problem: PlanProblem, { one, other, linkKind }: Extract<Supposition, { kind: "link" }>): PlanProblem {
  const isPair = (link: PlanLink): boolean =>
    (link.from === one && link.to === other) || (link.from === other && link.to === one);
  const rest = problem.links.filter((link) => !isPair(link));
  if (!isKnownLinkKind(linkKind)) return cutLink(problem, one, other, rest);
  const prior = { kind: linkKind, ...linkPrior(linkKind) };
  return { ...problem, links: [...rest, { from: one, to: other, ...prior }, { from: other, to: one, ...prior }] };
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
