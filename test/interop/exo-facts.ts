import { z } from "zod";

/** The parts of exo's `/state` that prove what it runs. Strict where exoctl's own reader is tolerant. */
const shard = z.object({
  deviceRank: z.number(),
  worldSize: z.number(),
  startLayer: z.number(),
  endLayer: z.number(),
  nLayers: z.number(),
  modelCard: z.looseObject({ modelId: z.string() }),
});
const instance = z.object({
  MlxRingInstance: z.object({
    instanceId: z.string(),
    shardAssignments: z.object({
      modelId: z.string(),
      runnerToShard: z.record(z.string(), z.object({ PipelineShardMetadata: shard })),
      nodeToRunner: z.record(z.string(), z.string()),
    }),
  }),
});
const state = z.looseObject({
  instances: z.record(z.string(), instance),
  runners: z.record(z.string(), z.record(z.string(), z.unknown())),
  tasks: z.record(z.string(), z.record(z.string(), z.looseObject({ taskStatus: z.string() }))),
  topology: z.looseObject({ nodes: z.array(z.string()) }),
  nodeMemory: z.record(z.string(), z.looseObject({ ramAvailable: z.object({ inBytes: z.number() }) })),
});

export interface RunningStage {
  readonly exoNode: string;
  readonly rank: number;
  readonly startLayer: number;
  readonly endLayer: number;
  /** exo's word for what its runner does. */
  readonly runner: string;
}

export interface RunningInstance {
  readonly id: string;
  readonly modelId: string;
  /** By rank. */
  readonly stages: readonly RunningStage[];
}

/** What runs, from exo's own state. */
export function instancesIn(raw: unknown): readonly RunningInstance[] {
  const { instances, runners } = state.parse(raw);
  return Object.values(instances).map((found) =>
    describe(found, (id) => Object.keys(runners[id] ?? {})[0] ?? "absent"),
  );
}

function describe(found: z.infer<typeof instance>, runnerOf: (id: string) => string): RunningInstance {
  const { instanceId, shardAssignments } = found.MlxRingInstance;
  const stages = Object.entries(shardAssignments.nodeToRunner).map(([exoNode, runner]) => {
    const part = shardAssignments.runnerToShard[runner]?.PipelineShardMetadata;
    if (part === undefined) throw new Error(`runner ${runner} has no shard`);
    const { deviceRank, startLayer, endLayer } = part;
    return { exoNode, rank: deviceRank, startLayer, endLayer, runner: runnerOf(runner) };
  });
  return {
    id: instanceId,
    modelId: shardAssignments.modelId,
    stages: stages.toSorted((left, right) => left.rank - right.rank),
  };
}

/** How many layers each node would get, from exo's answer to a question for a placement. */
export const layersByNode = (placement: unknown): ReadonlyMap<string, number> =>
  new Map(
    describe(instance.parse(placement), () => "none").stages.map(({ exoNode, startLayer, endLayer }) => [
      exoNode,
      endLayer - startLayer,
    ]),
  );

/** Free memory of each node in bytes, as exo counts it. */
export const freeMemoryIn = (raw: unknown): ReadonlyMap<string, number> =>
  new Map(Object.entries(state.parse(raw).nodeMemory).map(([node, { ramAvailable }]) => [node, ramAvailable.inBytes]));

/** How many requests for text are in which state. */
export function generationsIn(raw: unknown): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const task of Object.values(state.parse(raw).tasks)) {
    const status = task.TextGeneration?.taskStatus;
    if (status !== undefined) counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

export const membersIn = (raw: unknown): readonly string[] => state.parse(raw).topology.nodes;

/** Ids that exo lists under `/models`. */
export const modelsIn = (raw: unknown): readonly string[] =>
  z
    .looseObject({ data: z.array(z.looseObject({ id: z.string() })) })
    .parse(raw)
    .data.map(({ id }) => id);
