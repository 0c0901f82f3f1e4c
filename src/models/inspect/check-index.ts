import { type Finding, someOf } from "./finding.js";
import type { Shard } from "./read-shard.js";
import type { WeightIndex } from "./weight-index.js";

const again = "Download the index and the files that it names again, from one place.";

/** Where the index and the headers of the files that could be read contradict each other. */
export function checkIndex(index: WeightIndex | undefined, shards: readonly Shard[]): readonly Finding[] {
  const homes = new Map<string, string[]>();
  for (const { name: file, tensors } of shards)
    for (const { name } of tensors) homes.set(name, [...(homes.get(name) ?? []), file]);
  const twice = [...homes].filter(([, files]) => files.length > 1).map(([tensor]) => tensor);
  const findings = finding("tensor_twice", twice, "is in several files", "are in several files");
  if (index === undefined) return findings;
  const read = new Set(shards.map(({ name }) => name));
  const absent = [...index.fileOf].filter(
    ([tensor, file]) => read.has(file) && homes.get(tensor)?.includes(file) !== true,
  );
  const unknown = [...homes.keys()].filter((tensor) => !index.fileOf.has(tensor));
  return [
    ...findings,
    ...finding(
      "tensor_missing",
      absent.map(([tensor]) => tensor),
      "is not in the file that the index names for it",
      "are not in the files that the index names for them",
    ),
    ...finding(
      "tensor_not_indexed",
      unknown,
      "is in a file, but not in the index",
      "are in files, but not in the index",
    ),
  ];
}

function finding(code: string, tensors: readonly string[], one: string, several: string): readonly Finding[] {
  if (tensors.length === 0) return [];
  const message = `${someOf(tensors)} ${tensors.length === 1 ? one : several}`;
  return [{ severity: "broken", code, message, fix: again }];
}

/** exo takes the size on an index for the model's size, so a wrong one misleads its placement. */
export function checkStatedTotal(index: WeightIndex | undefined, shards: readonly Shard[]): readonly Finding[] {
  const stated = index?.totalBytes;
  const total = shards.reduce((sum, { tensors }) => sum + tensors.reduce((all, { bytes }) => all + bytes, 0), 0);
  if (stated === undefined || stated === total) return [];
  const message = `the index says that the model has ${stated} bytes; its tensors have ${total}`;
  const fix = "exo plans with the number of the index. A registry entry with the true size avoids that.";
  return [{ severity: "warning", code: "total_size_wrong", message, fix }];
}
