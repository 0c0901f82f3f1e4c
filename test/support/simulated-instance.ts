import { randomUUID } from "node:crypto";
import type { SimulatedExo } from "./simulated-exos.js";

export const builtinModel = "mlx-community/gpt-oss-120b-MXFP4-Q8";

/** A card as a client embeds it in an instance, for 1.0.71. */
export const embeddedCard = (modelId: string = builtinModel) => ({
  modelId,
  storageSize: { inBytes: 70_652_212_224 },
  nLayers: 36,
  hiddenSize: 2880,
  supportsTensor: true,
  tasks: ["TextGeneration"],
});

export interface PlannedShard {
  readonly exo: SimulatedExo;
  readonly startLayer: number;
  readonly endLayer: number;
}

/** How one simulated Mac reaches another: by cable where there is one. */
export function addressBetween(from: SimulatedExo, to: SimulatedExo): string {
  const links = from.profile.links.filter((link) => link.to === to.name);
  return (links.find((link) => link.kind === "thunderbolt") ?? links[0])?.ip ?? "";
}

/** A body for POST `/instance`: the shards in rank order over exo's ring. */
export function ringInstance(
  shards: readonly PlannedShard[],
  options: { readonly instanceId?: string; readonly modelId?: string; readonly card?: object } = {},
) {
  const modelId = options.modelId ?? builtinModel;
  const runners = shards.map(() => randomUUID());
  const worldSize = shards.length;
  const port = 50_123;
  return {
    instance: {
      MlxRingInstance: {
        instanceId: options.instanceId ?? randomUUID(),
        shardAssignments: {
          modelId,
          runnerToShard: Object.fromEntries(
            shards.map(({ startLayer, endLayer }, deviceRank) => [
              runners[deviceRank] ?? "",
              {
                PipelineShardMetadata: {
                  modelCard: options.card ?? embeddedCard(modelId),
                  deviceRank,
                  worldSize,
                  startLayer,
                  endLayer,
                  nLayers: 36,
                },
              },
            ]),
          ),
          nodeToRunner: Object.fromEntries(shards.map(({ exo }, rank) => [exo.nodeId, runners[rank]])),
        },
        hostsByNode: Object.fromEntries(
          shards.map(({ exo }) => [
            exo.nodeId,
            shards.map((other) => ({ ip: other.exo === exo ? "0.0.0.0" : addressBetween(exo, other.exo), port })),
          ]),
        ),
        ephemeralPort: port,
      },
    },
  };
}
