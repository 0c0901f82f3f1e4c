import { type ClassicShard, classicPartitions, classicShards } from "../../cluster/classic-ring.js";
import type { ClassicEdge, ClassicMachine, ClassicTopology } from "../../cluster/classic-topology.js";
import type { LayerRange } from "../../cluster/layer-range.js";

/** What one peer contributes to a node's topology. */
export interface PeerView {
  readonly id: string;
  readonly configured: ClassicMachine;
  /** Its own opinion; absent when asking it failed. */
  readonly heard?: ClassicTopology;
}

/**
 * A node's topology, made anew from itself and its peers. Of a peer's opinion only the peer's own entry and its own connections
 * count; without it the value of the discovery file does.
 */
export function mergeTopology(
  own: { readonly id: string; readonly machine: ClassicMachine },
  peers: readonly PeerView[],
  activeNodeId: string | undefined,
): ClassicTopology {
  const nodes = new Map([[own.id, own.machine]]);
  const edges: ClassicEdge[] = [];
  for (const { id, configured, heard } of peers) {
    nodes.set(id, heard?.nodes.get(id) ?? configured);
    edges.push({ from: own.id, to: id, description: "MAN" });
    edges.push(...(heard?.edges.filter((edge) => edge.from === id) ?? []));
  }
  return { nodes, edges, ...(activeNodeId === undefined ? {} : { activeNodeId }) };
}

/** The ring as a node sees it now. Every hop computes it anew. @throws RangeError in exo's words when no node has memory */
export function ringOf({ nodes }: ClassicTopology, layers: number): readonly ClassicShard[] {
  const sized = [...nodes].map(([id, { memoryMb }]) => ({ id, memory: memoryMb }));
  if (sized.every(({ memory }) => memory === 0)) throw new RangeError("division by zero");
  return classicShards(classicPartitions(sized), layers);
}

/** The range at a place of the ring, as exo looks it up: empty ones are not in its list. @throws RangeError in exo's words */
export function rangeAt(ring: readonly ClassicShard[], place: number): LayerRange {
  const range = ring.filter(({ layers }) => layers.end > layers.start)[place]?.layers;
  if (range === undefined) throw new RangeError("list index out of range");
  return range;
}
