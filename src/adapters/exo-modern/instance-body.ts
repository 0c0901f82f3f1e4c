import type { InstanceSpec } from "../../apply/exo-control.js";
import type { ExoVariant } from "../../cluster/exo-variant.js";
import type { LayerRange } from "../../cluster/layer-range.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { areNeighbours, checkInstanceSpec } from "./check-instance-spec.js";
import { embeddedCard } from "./embedded-card.js";

/** A documentation address (RFC 5737): exo writes it where a rank never connects. */
const nowhere = { ip: "198.51.100.1", port: 0 };

/** One shard as exo wants it, tagged. */
export function pipelineShard(
  model: EntrySpec,
  variant: ExoVariant,
  place: { readonly rank: number; readonly worldSize: number; readonly layers: LayerRange },
): object {
  return {
    PipelineShardMetadata: {
      modelCard: embeddedCard(model, variant),
      deviceRank: place.rank,
      worldSize: place.worldSize,
      startLayer: place.layers.start,
      endLayer: place.layers.end,
      nLayers: model.layers,
    },
  };
}

/**
 * The body of `POST /instance` for a pipeline over exo's TCP ring, valid for this variant. Layer ends are excluded; host
 * lists are by rank, a node's own entry is the address it listens on.
 *
 * @throws RangeError naming everything that is wrong with the spec: exo would accept most of it.
 */
export function instanceBody(spec: InstanceSpec, variant: ExoVariant): object {
  const problems = checkInstanceSpec(spec);
  if (problems.length > 0) throw new RangeError(`not a valid instance: ${problems.join("; ")}`);
  const worldSize = spec.shards.length;
  const shards = spec.shards.map((shard, rank) => ({ ...shard, rank, worldSize }));
  return {
    instance: {
      MlxRingInstance: {
        instanceId: spec.instanceId,
        shardAssignments: {
          modelId: spec.model.modelId,
          runnerToShard: Object.fromEntries(
            shards.map((shard) => [shard.runnerId, pipelineShard(spec.model, variant, shard)]),
          ),
          nodeToRunner: Object.fromEntries(shards.map((shard) => [shard.nodeId, shard.runnerId])),
        },
        hostsByNode: Object.fromEntries(shards.map((shard) => [shard.nodeId, hostsOf(spec, shard.rank)])),
        ephemeralPort: spec.ringPort,
      },
    },
  };
}

function hostsOf(spec: InstanceSpec, from: number): object[] {
  const row = spec.addresses[from] ?? [];
  return spec.shards.map((_, to) => {
    if (to === from) return { ip: "0.0.0.0", port: spec.ringPort };
    return areNeighbours(from, to, spec.shards.length) ? { ip: row[to], port: spec.ringPort } : nowhere;
  });
}
