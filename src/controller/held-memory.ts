import { layerCount } from "../cluster/layer-range.js";
import type { DeployedInstance, DeployedStage } from "../inventory/deployment.js";
import { heldKvBytes } from "../models/kv-cache.js";
import { fixedBytes } from "../models/model-bytes.js";
import type { ModelSpec } from "../models/model-spec.js";

/** An instance with what is known of its model. */
export interface KnownInstance {
  readonly instance: DeployedInstance;
  readonly model: ModelSpec;
  /** The KV cache that it is to have room for; none is counted where that is not known. */
  readonly kv?: { readonly contextTokens: number; readonly concurrency: number };
}

const holdsWeights: ReadonlySet<string> = new Set(["loading", "loaded", "warming-up", "ready", "running"]);

/** Bytes of weights that are in each node's memory by now. */
export const heldBytes = (known: readonly KnownInstance[]): ReadonlyMap<string, number> =>
  sumByNode(known, ({ model }, { runner, layers, progress }) => {
    if (!holdsWeights.has(runner)) return 0;
    const loaded = runner === "loading" ? (progress?.layersLoaded ?? 0) : layerCount(layers);
    return loaded * model.weightBytesPerLayer + fixedBytes(model, "both");
  });

/** Bytes that each node has promised: all weights of these instances, loaded or not, and their KV cache when it is full. */
export const promisedBytes = (known: readonly KnownInstance[]): ReadonlyMap<string, number> =>
  sumByNode(known, ({ model, kv }, { layers }) => {
    let bytes = layerCount(layers) * model.weightBytesPerLayer + fixedBytes(model, "both");
    for (let layer = layers.start; kv !== undefined && layer < layers.end; layer += 1)
      bytes += kv.concurrency * heldKvBytes(model, layer, kv.contextTokens);
    return bytes;
  });

function sumByNode(
  known: readonly KnownInstance[],
  bytesOf: (known: KnownInstance, stage: DeployedStage) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const one of known)
    for (const stage of one.instance.stages)
      if (stage.node !== undefined) sums.set(stage.node, (sums.get(stage.node) ?? 0) + bytesOf(one, stage));
  return sums;
}
