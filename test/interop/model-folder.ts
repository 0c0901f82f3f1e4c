import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeTensors, type Tensor } from "./safetensors-file.js";

/** Layers of the models made here: as many as gpt-oss-120b has. */
export const tinyLayers = 36;

/** A model as it lies in exo's folder. */
export interface ModelFolder {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly Tensor[];
  /** `tokenizer.json` and `tokenizer_config.json`. */
  readonly tokenizer: unknown;
  readonly tokenizerSettings: unknown;
}

/** Writes it with an index, without which exo takes no folder for complete. */
export function writeModelFolder(folder: string, model: ModelFolder): void {
  mkdirSync(folder, { recursive: true });
  const file = "model-00001-of-00001.safetensors";
  const { bytes, totalSize } = encodeTensors(model.tensors);
  writeFileSync(join(folder, file), bytes);
  const json = (name: string, value: unknown): void => writeFileSync(join(folder, name), JSON.stringify(value));
  json("model.safetensors.index.json", {
    metadata: { total_size: totalSize },
    weight_map: Object.fromEntries(model.tensors.map(({ name }) => [name, file])),
  });
  json("config.json", model.config);
  json("tokenizer.json", model.tokenizer);
  json("tokenizer_config.json", model.tokenizerSettings);
}
