import { type LayerRange, layerCount } from "../cluster/layer-range.js";
import type { DeployedInstance, DeployedStage } from "../inventory/deployment.js";
import { heldKvBytes } from "../models/kv-cache.js";
import { fixedBytes } from "../models/model-bytes.js";
import type { ModelSpec } from "../models/model-spec.js";
import { memberKvBytes, memberWeightBytes } from "../plan/tensor-pair.js";

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
  sumByNode(known, ({ instance, model }, stage) => {
    const { runner, layers, progress } = stage;
    if (!holdsWeights.has(runner)) return 0;
    const loaded = runner === "loading" ? (progress?.layersLoaded ?? 0) : layerCount(layers);
    return loaded * bytesOfLayer(instance, model) + fixedBytes(model, "both");
  });

/** Bytes that each node has promised: all weights of these instances, loaded or not, and their KV cache when it is full. */
export const promisedBytes = (known: readonly KnownInstance[]): ReadonlyMap<string, number> =>
  sumByNode(
    known,
    (one, { layers }) =>
      layerCount(layers) * bytesOfLayer(one.instance, one.model) + fixedBytes(one.model, "both") + kvBytes(one, layers),
  );

/** A member of a tensor pair holds its share of every layer. */
const bytesOfLayer = ({ sharding }: DeployedInstance, model: ModelSpec): number =>
  sharding === "tensor" ? memberWeightBytes(model) / model.layers : model.weightBytesPerLayer;

function kvBytes({ instance, model, kv }: KnownInstance, layers: LayerRange): number {
  if (kv === undefined) return 0;
  const { contextTokens, concurrency } = kv;
  if (instance.sharding === "tensor") return memberKvBytes(model, contextTokens, concurrency);
  let bytes = 0;
  for (let layer = layers.start; layer < layers.end; layer += 1)
    bytes += concurrency * heldKvBytes(model, layer, contextTokens);
  return bytes;
}

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
