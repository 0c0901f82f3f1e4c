import type { ClassicComputation, ClassicNodeView, ClassicRingProblem } from "./classic-node-view.js";

/** What is wrong with the memory values that the layers follow from. */
export function findMemoryProblems(views: readonly ClassicNodeView[]): readonly ClassicRingProblem[] {
  return [...views.flatMap(findOwnMemory), ...views.flatMap((view) => findForeignMemory(view, views))];
}

const ownMb = ({ node, topology }: ClassicNodeView): number | undefined => topology?.nodes.get(node)?.memoryMb;

/** What a node says about itself is what it measured. */
function findOwnMemory(view: ClassicNodeView): readonly ClassicRingProblem[] {
  const { node, expectedMb } = view;
  const memoryMb = ownMb(view);
  if (memoryMb === undefined) return [];
  if (memoryMb === 0) {
    const message = `${node} could not read its memory and counts it as 0: it gets no layers, and a ring with such a node fails.`;
    const fix = `Run "system_profiler SPHardwareDataType" on ${node}: it must print a Memory line. Then restart exo there.`;
    return [{ code: "no_memory", node, message, fix }];
  }
  if (expectedMb === undefined || memoryMb === expectedMb) return [];
  const message = `${node} reports ${memoryMb} MB of memory instead of ${expectedMb} MB.`;
  return [{ code: "other_memory", node, message, fix: `exo reads it once, at its start: restart exo on ${node}.` }];
}

/** What a node says about its peers must be what those say about themselves. */
function findForeignMemory(view: ClassicNodeView, views: readonly ClassicNodeView[]): readonly ClassicRingProblem[] {
  return views.flatMap((peer) => {
    const believedMb = peer.node === view.node ? undefined : view.topology?.nodes.get(peer.node)?.memoryMb;
    const trueMb = ownMb(peer) ?? peer.expectedMb;
    if (believedMb === undefined || believedMb === trueMb) return [];
    if (trueMb === undefined) return believedMb === 0 ? [noShare(view.node, peer.node)] : [];
    if (believedMb === peer.configuredMb) return [stillConfigured(view.node, peer.node, believedMb, trueMb)];
    const message = `${view.node} believes that ${peer.node} has ${believedMb} MB of memory, which itself says ${trueMb} MB.`;
    const fix = "exo renews this every 2 s; if it stays, something between the two changes it.";
    return [{ code: "memory_differs" as const, node: view.node, message, fix }];
  });
}

const noShare = (node: string, peer: string): ClassicRingProblem => ({
  code: "no_memory",
  node: peer,
  message: `${node} believes that ${peer} has no memory at all.`,
});

const stillConfigured = (node: string, peer: string, usedMb: number, trueMb: number): ClassicRingProblem => ({
  code: "configured_memory",
  node: peer,
  message: `${node} still takes ${usedMb} MB from its discovery file for ${peer} instead of ${trueMb} MB, because ${peer} has not told it its own.`,
  fix: `It lasts until ${peer} has finished starting, answers again, or is dropped (about 15 s). Put the true memory into the discovery file.`,
});

/** Nodes whose share is too small for a layer; exo hands out the ranges of the wrong nodes then. */
export function findShareProblems(
  computed: readonly ClassicComputation[],
  layers: number,
): readonly ClassicRingProblem[] {
  const empty = computed.flatMap(({ ring }) => ring.filter((shard) => shard.layers.end <= shard.layers.start));
  const shares = [...new Set(empty.map((shard) => shard.node))].map((node) => ({
    code: "no_layers" as const,
    node,
    message: `${node} has too little of the ring's memory for one of the ${layers} layers, and a ring with such a node does not work.`,
    fix: `Leave ${node} out of the ring, or take it for a model with more layers.`,
  }));
  const helpless = computed.filter(({ ring }) => ring.length === 0).map(({ node }) => node);
  if (helpless.length === 0) return shares;
  const message = `No node has memory as ${helpless.join(", ")} sees it, so exo divides by zero.`;
  return [{ code: "no_memory", message }, ...shares];
}
