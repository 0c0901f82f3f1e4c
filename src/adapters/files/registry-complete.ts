import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { filesOfIndex, isIndexName } from "../../register/safetensors-index.js";
import { isFileInside, namesIn, resolveInside } from "./registry-paths.js";

/** gpt-oss-120b's index has 40 kB; the largest known ones have a few MB. */
const maxIndexBytes = 64 * 1024 * 1024;

/** exo's rule, with every link resolved: whatever is outside the models folders counts as not there. */
export async function isComplete(folder: string, roots: readonly string[]): Promise<boolean> {
  const indexes = (await namesIn(folder)).filter(isIndexName);
  if (indexes.length === 0) return false;
  for (const name of indexes) {
    const index = await resolveInside(join(folder, name), roots);
    if (index === undefined || (await stat(index)).size > maxIndexBytes) return false;
    const files = filesOfIndex(await readFile(index, "utf8"));
    if (files === undefined) return false;
    const there = await Promise.all(files.map((file) => isFileInside(join(folder, file), roots)));
    if (!there.every(Boolean)) return false;
  }
  return true;
}
