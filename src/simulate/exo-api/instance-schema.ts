import { randomUUID } from "node:crypto";
import type { Instance } from "../exo/exo-types.js";
import { modelCardCheck } from "../exo/model-card-schema.js";
import type { SimulatedVariant } from "../exo/simulated-variant.js";
import {
  type Check,
  type Fields,
  flag,
  float,
  integer,
  list,
  mapping,
  nullable,
  object,
  oneOf,
  optional,
  required,
  rule,
  text,
} from "../exo/strict-schema.js";

/** exo replaces an empty id by a random one. */
const id: Check = (value, loc) => {
  const checked = text(value, loc);
  return checked.ok && checked.value === "" ? { ok: true, value: randomUUID() } : checked;
};

function shardFields(variant: SimulatedVariant): Fields {
  return {
    modelCard: required(modelCardCheck(variant)),
    deviceRank: required(integer()),
    worldSize: required(integer()),
    immediateException: optional(flag, false),
    shouldTimeout: optional(nullable(float), null),
    startLayer: required(integer({ atLeast: 0 })),
    endLayer: required(integer({ atLeast: 0 })),
    nLayers: required(integer({ atLeast: 0 })),
  };
}

/** Any kind of shard. Cfg shards belong to image models; they are accepted as exo does, and never become ready. */
export function shardCheck(variant: SimulatedVariant): Check {
  const fields = shardFields(variant);
  return oneOf({
    PipelineShardMetadata: object(fields),
    CfgShardMetadata: object({
      ...fields,
      cfgRank: required(integer()),
      cfgWorldSize: optional(integer(), 2),
      pipelineRank: required(integer()),
      pipelineWorldSize: required(integer()),
    }),
    TensorShardMetadata: object(fields),
  });
}

const host = object({
  ip: required(text),
  port: required(
    rule(integer(), (port: number) => (port < 0 || port > 65_535 ? "Port must be between 0 and 65535" : undefined)),
  ),
});

function assignmentsCheck(variant: SimulatedVariant): Check {
  const check = object({
    modelId: required(id),
    runnerToShard: required(mapping(shardCheck(variant))),
    nodeToRunner: required(mapping(id)),
  });
  return rule(check, ({ runnerToShard, nodeToRunner }: Instance["shardAssignments"]) => {
    const missing = Object.values(nodeToRunner).find((runner) => !(runner in runnerToShard));
    return missing === undefined ? undefined : `Runner ${missing} in node_to_runner does not exist in runner_to_shard`;
  });
}

/** The body of POST `/instance`: strict types, no unknown field anywhere. Nothing about nodes or layers is looked at. */
export function createInstanceCheck(variant: SimulatedVariant): Check {
  const base: Fields = { instanceId: required(id), shardAssignments: required(assignmentsCheck(variant)) };
  const instance = oneOf({
    MlxRingInstance: object({
      ...base,
      hostsByNode: required(mapping(list(host))),
      ephemeralPort: required(integer()),
    }),
    MlxJacclInstance: object({
      ...base,
      jacclDevices: required(list(list(nullable(text)))),
      jacclCoordinators: required(mapping(text)),
    }),
  });
  return object({ instance: required(instance) }, "ignore");
}
