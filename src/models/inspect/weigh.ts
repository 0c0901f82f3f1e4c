import { placeOf } from "./tensor-place.js";
import type { WeightModule } from "./weight-module.js";

/** Bytes as stored and the numbers they stand for. */
export interface Weight {
  readonly bytes: number;
  readonly parameters: number;
}

export interface LayerWeight {
  readonly attention: Weight;
  readonly norm: Weight;
  readonly router: Weight;
  /** All experts together. */
  readonly expert: Weight;
  readonly "feed-forward": Weight;
}

/** The whole model on the scales. */
export interface ModelWeight {
  readonly layers: readonly LayerWeight[];
  readonly embedding: Weight;
  readonly head: Weight;
  /** The final norm. */
  readonly norm: Weight;
  /** What is neither a layer nor the vocabulary, such as a vision tower or layers beyond those that config.json counts. */
  readonly other: Weight;
  readonly total: Weight;
}

const nothing: Weight = { bytes: 0, parameters: 0 };
const noLayer: LayerWeight = {
  attention: nothing,
  norm: nothing,
  router: nothing,
  expert: nothing,
  "feed-forward": nothing,
};

const plus = (left: Weight, right: Weight): Weight => ({
  bytes: left.bytes + right.bytes,
  parameters: left.parameters + right.parameters,
});

/** Everything in one layer. */
export const layerWeight = (layer: LayerWeight): Weight => plus(denseWeight(layer), layer.expert);

/** What every token reads of a layer: all but the experts. */
export const denseWeight = (layer: LayerWeight): Weight =>
  [layer.attention, layer.norm, layer.router, layer["feed-forward"]].reduce(plus);

/**
 * Adds up bytes and parameters.
 *
 * @param layerCount how many layers the model has; those above are counted as `other`
 */
export function weighModel(modules: readonly WeightModule[], layerCount: number): ModelWeight {
  const layers: LayerWeight[] = Array.from({ length: layerCount }, () => noLayer);
  const outside = { embedding: nothing, head: nothing, norm: nothing, other: nothing };
  for (const module of modules) {
    const place = placeOf(module.path);
    const layer = place.kind === "layer" ? layers[place.layer] : undefined;
    if (place.kind === "layer" && layer !== undefined)
      layers[place.layer] = { ...layer, [place.part]: plus(layer[place.part], module) };
    else {
      const kind = place.kind === "layer" ? "other" : place.kind;
      outside[kind] = plus(outside[kind], module);
    }
  }
  const total = [...layers.map(layerWeight), ...Object.values(outside)].reduce(plus, nothing);
  return { layers, ...outside, total };
}
