import type { ClassicNodeView, ClassicRingProblem } from "./classic-node-view.js";

/** What keeps the nodes from seeing the same set of nodes. */
export function findMeshProblems(views: readonly ClassicNodeView[]): readonly ClassicRingProblem[] {
  if (views.length === 0) return [{ code: "no_nodes", message: "The ring has no nodes." }];
  const ids = views.map((view) => view.node);
  const twice = [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
  return [...twice.map(duplicate), ...views.flatMap(findOwnProblem), ...findGaps(views), ...findStrangers(views)];
}

const duplicate = (node: string): ClassicRingProblem => ({
  code: "duplicate_id",
  node,
  message: `Two nodes are called ${node}; exo takes them for one.`,
  fix: "Give every node an id of its own (--node-id) and restart exo there.",
});

/** A node's topology always holds the node itself, once it has one. */
function findOwnProblem({ node, topology }: ClassicNodeView): readonly ClassicRingProblem[] {
  if (topology === undefined) {
    const fix = "See that exo runs there and that its ports can be reached; its peers drop it after about 15 s.";
    return [{ code: "no_answer", node, message: `${node} does not answer.`, fix }];
  }
  if (topology.nodes.size === 0) {
    const message = `${node} is still starting: it has no topology yet.`;
    return [{ code: "still_starting", node, message, fix: "Wait, or start the peers that it waits for." }];
  }
  if (topology.nodes.has(node)) return [];
  const message = `The exo at ${node} goes by another id: it knows ${listOf(topology.nodes.keys())}, but no ${node}.`;
  return [{ code: "other_id", node, message, fix: `Start it with --node-id ${node}; no two nodes may share an id.` }];
}

/** Every node that has a topology has to list every other such. One problem for a pair, whichever of the two misses the other. */
function findGaps(views: readonly ClassicNodeView[]): readonly ClassicRingProblem[] {
  const ready = views.filter(({ node, topology }) => topology?.nodes.has(node));
  return ready.flatMap((left, at) =>
    ready.slice(at + 1).flatMap((right) => {
      const misses = [
        ...(reaches(left, right.node) ? [] : [left.node]),
        ...(reaches(right, left.node) ? [] : [right.node]),
      ];
      return left.node === right.node || misses.length === 0 ? [] : [gap(left.node, right.node, misses)];
    }),
  );
}

/** A node is in the topology only together with the connection to it, unless the answer contradicts itself. */
const reaches = ({ node, topology }: ClassicNodeView, peer: string): boolean =>
  topology?.nodes.has(peer) === true && topology.edges.some((edge) => edge.from === node && edge.to === peer);

function gap(left: string, right: string, misses: readonly string[]): ClassicRingProblem {
  const [only] = misses;
  const message =
    misses.length === 2
      ? `${left} and ${right} do not reach each other, so they compute different layers.`
      : `${only} does not reach ${only === left ? right : left}, so the two compute different layers.`;
  const fix =
    "Every node must reach every other one directly: check the addresses in the discovery files and the firewalls; after a start give exo 20 s.";
  return { code: "partial_mesh", node: only ?? left, message, fix };
}

function findStrangers(views: readonly ClassicNodeView[]): readonly ClassicRingProblem[] {
  const known = new Set(views.map((view) => view.node));
  const seenBy = new Map<string, string[]>();
  for (const { node, topology } of views) {
    for (const id of topology?.nodes.keys() ?? [])
      if (!known.has(id)) seenBy.set(id, [...(seenBy.get(id) ?? []), node]);
  }
  return [...seenBy].map(([id, by]) => ({
    code: "stranger" as const,
    node: id,
    message: `${id} takes part in the ring, as ${listOf(by)} sees it, but does not belong to it.`,
    fix: `Stop exo on ${id}, or add it to the ring; a node that has just ended is dropped after about 15 s.`,
  }));
}

/** At most a few names: topologies of strangers may be long. */
function listOf(names: Iterable<string>): string {
  const all = [...names].map((name) => (name.length <= 60 ? name : `${name.slice(0, 57)}...`));
  return all.length <= 5 ? all.join(", ") : `${all.slice(0, 5).join(", ")} and ${all.length - 5} more`;
}
