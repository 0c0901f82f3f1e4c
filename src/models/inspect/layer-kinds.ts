import type { LayerWeight } from "./weigh.js";
import { denseWeight, layerWeight } from "./weigh.js";

/** Layers that are alike: same attention, same bytes. */
export interface LayerKind {
  /** As config.json names it, such as `full_attention`. */
  readonly attention: string;
  readonly layers: readonly number[];
  /** One such layer as stored. */
  readonly bytes: number;
  /** What every token reads of it: all but the experts. */
  readonly denseBytes: number;
  readonly attentionBytes: number;
  readonly normBytes: number;
  readonly routerBytes: number;
  /** All experts of one layer. */
  readonly expertsBytes: number;
}

const kindOf = (attention: string, layer: LayerWeight): Omit<LayerKind, "layers"> => ({
  attention,
  bytes: layerWeight(layer).bytes,
  denseBytes: denseWeight(layer).bytes,
  attentionBytes: layer.attention.bytes,
  normBytes: layer.norm.bytes,
  routerBytes: layer.router.bytes,
  expertsBytes: layer.expert.bytes,
});

/** Folds layers that are alike, in the order of their first layer. */
export function foldLayers(layers: readonly LayerWeight[], attention: readonly string[]): readonly LayerKind[] {
  const kinds = new Map<string, LayerKind>();
  for (const [index, layer] of layers.entries()) {
    const kind = kindOf(attention[index] ?? "", layer);
    const key = JSON.stringify(kind);
    kinds.set(key, { ...kind, layers: [...(kinds.get(key)?.layers ?? []), index] });
  }
  return [...kinds.values()];
}
