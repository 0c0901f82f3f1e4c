import type { Tensor } from "../models/inspect/tensor.js";

/** Name of the index that mlx-lm writes and that exo looks for. */
export const indexFileName = "model.safetensors.index.json";

/** The index of a model in one weight file, as mlx-lm's converter would have written it. */
export function renderIndex(weightFile: string, tensors: readonly Tensor[]): string {
  const names = tensors.map(({ name }) => name).toSorted();
  const totalBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const index = {
    metadata: { total_size: totalBytes },
    weight_map: Object.fromEntries(names.map((name) => [name, weightFile])),
  };
  return `${JSON.stringify(index, undefined, 2)}\n`;
}
