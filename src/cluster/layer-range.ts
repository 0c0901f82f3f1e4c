/** Layers from `start` up to, not including, `end`: as exo 1.x counts them. */
export interface LayerRange {
  readonly start: number;
  readonly end: number;
}

export const layerCount = (range: LayerRange): number => range.end - range.start;

/** Whether the ranges, in this order, cover layers 0 to `layers` without gap or overlap, each with at least one layer. */
export function coversAllLayers(ranges: readonly LayerRange[], layers: number): boolean {
  let next = 0;
  for (const range of ranges) {
    if (range.start !== next || range.end <= range.start) return false;
    next = range.end;
  }
  return next === layers;
}
