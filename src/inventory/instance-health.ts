import { coversAllLayers } from "../cluster/layer-range.js";
import type { ExoInstance, ExoShard, RunnerState } from "./exo-state.js";
import { type ExoView, livePeers } from "./exo-view.js";

/** How far an instance has come, least advanced runner first. */
export type StartPhase = "preparing" | "connecting" | "connected" | "loading" | "loaded" | "warming-up";

/** Whether an instance can serve. Only `ready` is good news; everything that is not understood is `unknown`. */
export type InstanceHealth =
  | { readonly state: "ready" }
  | { readonly state: "starting"; readonly phase: StartPhase }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "unknown"; readonly reason: string };

/**
 * exo's readiness rule, by one view: the instance is listed, each runner of its shards is ready or running, and each of its
 * nodes is a live member. Besides, its layers must be whole: exo runs wrong cuts too, and answers garbage.
 */
export function instanceHealth(instance: ExoInstance, view: ExoView): InstanceHealth {
  const { shards } = instance;
  if (shards.length === 0) return { state: "unknown", reason: "exo's description of it is not understood" };
  const broken = brokenLayers(instance);
  if (broken !== undefined) return { state: "failed", reason: broken };
  const failed = shards.find((shard) => shard.runner === "failed");
  if (failed !== undefined)
    return { state: "failed", reason: `rank ${failed.rank} failed: ${failed.error ?? "no reason given"}` };
  const alive = livePeers(view);
  const lost = shards.find((shard) => !alive.has(shard.nodeId));
  if (lost !== undefined)
    return { state: "unknown", reason: `the node of rank ${lost.rank} is not a live member of exo's cluster` };
  return combine(shards);
}

function combine(shards: readonly ExoShard[]): InstanceHealth {
  const odd = shards.find((shard) => shard.runner === "unknown");
  if (odd !== undefined)
    return { state: "unknown", reason: `the runner of rank ${odd.rank} is in a state that is not understood` };
  const ending = shards.find((shard) => shard.runner === "shutting-down" || shard.runner === "shutdown");
  if (ending !== undefined) return { state: "unknown", reason: `the runner of rank ${ending.rank} is shutting down` };
  if (shards.every((shard) => phaseOf(shard.runner) === undefined)) return { state: "ready" };
  const phase = phases.find((candidate) => shards.some((shard) => phaseOf(shard.runner) === candidate));
  return phase === undefined
    ? { state: "unknown", reason: "its runners are in no known phase" }
    : { state: "starting", phase };
}

const phases: readonly StartPhase[] = ["preparing", "connecting", "connected", "loading", "loaded", "warming-up"];

/** The phase that a runner is in; undefined when it is past all of them, or in none. */
function phaseOf(runner: RunnerState): StartPhase | undefined {
  switch (runner) {
    case "absent":
    case "idle":
      return "preparing";
    case "connecting":
    case "connected":
    case "loading":
    case "loaded":
    case "warming-up":
      return runner;
    case "ready":
    case "running":
    case "shutting-down":
    case "shutdown":
    case "failed":
    case "unknown":
      return undefined;
    default:
      return runner satisfies never;
  }
}

/** What is wrong with the cut, in one sentence. */
function brokenLayers({ shards, sharding, modelLayers }: ExoInstance): string | undefined {
  if (modelLayers === undefined || modelLayers === 0) return "it does not say how many layers its model has";
  const ranges = shards.map((shard) => shard.layers);
  const shown = ranges.map((range) => `${range.start}-${range.end}`).join(", ");
  if (sharding === "pipeline") {
    return coversAllLayers(ranges, modelLayers)
      ? undefined
      : `its layers ${shown} do not cover 0-${modelLayers} in rank order`;
  }
  const whole = ranges.every((range) => range.start === 0 && range.end === modelLayers);
  return whole ? undefined : `its ranks hold the layers ${shown} instead of all ${modelLayers}`;
}
