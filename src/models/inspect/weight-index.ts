import { isPlainPath } from "../plain-path.js";
import { membersOf, readBoundedJson } from "./bounded-json.js";
import { accepted, type ReadResult, refused } from "./read-result.js";

/** What a `*.safetensors.index.json` says. */
export interface WeightIndex {
  readonly name: string;
  /** The file of every tensor. */
  readonly fileOf: ReadonlyMap<string, string>;
  /** Bytes of all tensors as the index has them: what exo takes for the model's size. */
  readonly totalBytes?: number;
}

export const isWeightIndexName = (name: string): boolean => name.endsWith(".safetensors.index.json");

const maxDepth = 8;
/** The largest known models have a few hundred. */
const mostFiles = 5_000;

/** Reads an index. Refuses one that names files outside the model's folder, whatever else it says. */
export function readWeightIndex(name: string, bytes: Uint8Array): ReadResult<WeightIndex> {
  const json = readBoundedJson(bytes, maxDepth);
  if (json.kind === "refused") return json;
  const members = membersOf(json.value);
  const map = membersOf(members?.get("weight_map"));
  if (map === undefined || map.size === 0) return refused("it has no weight_map");
  const fileOf = new Map<string, string>();
  for (const [tensor, file] of map) {
    if (typeof file !== "string") return refused("its weight_map does not lead from tensors to file names");
    if (!isPlainPath(file)) return refused(`it names a file outside the model's folder: ${JSON.stringify(file)}`);
    fileOf.set(tensor, file);
  }
  if (new Set(fileOf.values()).size > mostFiles) return refused(`it names more than ${mostFiles} files`);
  const total = membersOf(members?.get("metadata"))?.get("total_size");
  const hasTotal = typeof total === "number" && Number.isSafeInteger(total) && total > 0;
  return accepted({ name, fileOf, ...(hasTotal ? { totalBytes: total } : {}) });
}

/** The files that an index names, each once, sorted. */
export const filesOf = (index: WeightIndex): readonly string[] => [...new Set(index.fileOf.values())].toSorted();
