import type { LayerRange } from "../../cluster/layer-range.js";
import { bodyOf, type Instance, type Shard, type TaggedInstance, tagOf } from "./exo-types.js";

/** One runner of an instance, by rank. */
export interface RankedShard {
  readonly runnerId: string;
  /** Absent for a runner that no node was given. */
  readonly nodeId?: string;
  readonly shard: Shard;
}

/** The shards of an instance in the order of the ranks that the client gave them. */
export function shardsByRank(instance: Instance): readonly RankedShard[] {
  const { runnerToShard, nodeToRunner } = instance.shardAssignments;
  const nodeOf = new Map(Object.entries(nodeToRunner).map(([node, runner]) => [runner, node]));
  return Object.entries(runnerToShard)
    .map(([runnerId, shard]): RankedShard => {
      const nodeId = nodeOf.get(runnerId);
      return { runnerId, shard: bodyOf(shard), ...(nodeId === undefined ? {} : { nodeId }) };
    })
    .toSorted((left, right) => left.shard.deviceRank - right.shard.deviceRank);
}

/** The layers that a runner really holds: Python slices end where the list ends. */
export function heldLayers(shard: Shard): LayerRange {
  const limit = shard.modelCard.nLayers;
  const start = Math.min(shard.startLayer, limit);
  return { start, end: Math.max(start, Math.min(shard.endLayer, limit)) };
}

/**
 * Whether the runners, each doing its layers in rank order, compute the model. exo checks nothing of this: a gap, an overlap
 * or a wrong order loads without complaint and answers garbage.
 */
export function computesTheModel(tagged: TaggedInstance): boolean {
  const shards = shardsByRank(bodyOf(tagged));
  const first = shards[0]?.shard;
  if (first === undefined) return false;
  const layers = first.modelCard.nLayers;
  if (shards.some(({ shard }, rank) => shard.deviceRank !== rank || shard.worldSize !== shards.length)) return false;
  if (isTensor(tagged)) return shards.every(({ shard }) => shard.startLayer === 0 && heldLayers(shard).end === layers);
  let next = 0;
  for (const { shard } of shards) {
    const held = heldLayers(shard);
    if (held.start !== next) return false;
    next = held.end;
  }
  return next === layers;
}

/** Whether the instance splits every layer instead of giving each node some layers. */
export const isTensor = (tagged: TaggedInstance): boolean =>
  Object.values(bodyOf(tagged).shardAssignments.runnerToShard).some((shard) => tagOf(shard) === "TensorShardMetadata");
