import type { InstanceSpec, JacclTransport, RingTransport } from "../../apply/exo-control.js";
import type { ExoVariant } from "../../cluster/exo-variant.js";
import type { LayerRange } from "../../cluster/layer-range.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { areNeighbours, checkInstanceSpec } from "./check-instance-spec.js";
import { embeddedCard } from "./embedded-card.js";

/** A documentation address (RFC 5737): exo writes it where a rank never connects. */
const nowhere = { ip: "198.51.100.1", port: 0 };

interface ShardPlace {
  readonly rank: number;
  readonly worldSize: number;
  readonly layers: LayerRange;
}

/** One shard of a pipeline as exo wants it, tagged. */
export const pipelineShard = (model: EntrySpec, variant: ExoVariant, place: ShardPlace): object => ({
  PipelineShardMetadata: shardFields(model, variant, place),
});

const tensorShard = (model: EntrySpec, variant: ExoVariant, place: ShardPlace): object => ({
  TensorShardMetadata: shardFields(model, variant, place),
});

const shardFields = (model: EntrySpec, variant: ExoVariant, { rank, worldSize, layers }: ShardPlace): object => ({
  modelCard: embeddedCard(model, variant),
  deviceRank: rank,
  worldSize,
  startLayer: layers.start,
  endLayer: layers.end,
  nLayers: model.layers,
});

/**
 * The body of `POST /instance`, valid for this variant. Layer ends are excluded; everything is by rank.
 *
 * @throws RangeError naming everything that is wrong with the spec: exo would accept most of it.
 */
export function instanceBody(spec: InstanceSpec, variant: ExoVariant): object {
  const problems = checkInstanceSpec(spec);
  if (problems.length > 0) throw new RangeError(`not a valid instance: ${problems.join("; ")}`);
  const worldSize = spec.shards.length;
  const shards = spec.shards.map((shard, rank) => ({ ...shard, rank, worldSize }));
  const shardOf = spec.sharding === "tensor" ? tensorShard : pipelineShard;
  const common = {
    instanceId: spec.instanceId,
    shardAssignments: {
      modelId: spec.model.modelId,
      runnerToShard: Object.fromEntries(shards.map((shard) => [shard.runnerId, shardOf(spec.model, variant, shard)])),
      nodeToRunner: Object.fromEntries(shards.map((shard) => [shard.nodeId, shard.runnerId])),
    },
  };
  const { transport } = spec;
  return {
    instance:
      transport.kind === "ring"
        ? { MlxRingInstance: { ...common, ...ringFields(spec, transport) } }
        : { MlxJacclInstance: { ...common, ...jacclFields(spec, transport) } },
  };
}

/** Host lists are by rank; a node's own entry is the address it listens on. */
function ringFields({ shards }: InstanceSpec, { port, addresses }: RingTransport): object {
  const hostOf = (from: number, to: number): object => {
    if (to === from) return { ip: "0.0.0.0", port };
    return areNeighbours(from, to, shards.length) ? { ip: addresses[from]?.[to], port } : nowhere;
  };
  return {
    hostsByNode: Object.fromEntries(
      shards.map(({ nodeId }, from) => [nodeId, shards.map((_, to) => hostOf(from, to))]),
    ),
    ephemeralPort: port,
  };
}

/** Row i names the interfaces of rank i. Rank 0 is where the ranks meet: its own address is the one that it listens on. */
const jacclFields = ({ shards }: InstanceSpec, { port, interfaces, coordinators }: JacclTransport): object => ({
  jacclDevices: interfaces.map((row, from) => row.map((name, to) => (from === to ? null : name))),
  jacclCoordinators: Object.fromEntries(
    shards.map(({ nodeId }, rank) => [nodeId, `${rank === 0 ? "0.0.0.0" : coordinators[rank]}:${port}`]),
  ),
});
