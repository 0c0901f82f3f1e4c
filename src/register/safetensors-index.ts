import { z } from "zod";
import { isPlainPath } from "../models/plain-path.js";

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The weight files that a `*.safetensors.index.json` names, each once, sorted.
 *
 * @returns undefined when it is no such index, names nothing, or names a file outside the model's folder
 */
export function filesOfIndex(text: string): readonly string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A damaged index names no files, so the model is not complete.
    return undefined;
  }
  const names = new Set(Object.values(indexSchema.safeParse(json).data?.weight_map ?? {}));
  if (names.size === 0 || ![...names].every(isPlainPath)) return undefined;
  return [...names].toSorted();
}

export const isIndexName = (fileName: string): boolean => fileName.endsWith(".safetensors.index.json");
