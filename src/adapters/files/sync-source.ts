import { lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SourceFile, SourceFolder } from "../../agent/sync/model-disk.js";
import { syncedPathFlaw } from "../../models/sync/synced-path.js";
import { namesIn, resolveInside, unlessMissing } from "./registry-paths.js";

/** Real models have one level of folders at most. */
const deepest = 4;
/** Of everything in a folder, copied or not: enough for any model, and an end for a folder that is none. */
const mostEntries = 20_000;

interface Found {
  readonly files: SourceFile[];
  readonly leftOut: string[];
  entries: number;
}

/** Another text after every write, also after one that puts the time of the last change back. */
async function stampOf(path: string): Promise<string> {
  const { mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return `${mtimeNs} ${ctimeNs} ${ino}`;
}

async function look(root: string, path: string, roots: readonly string[], found: Found): Promise<void> {
  found.entries += 1;
  if (found.entries > mostEntries) return;
  const leaveOut = (why: string): void => void found.leftOut.push(`${path} (${why})`);
  const entry = await unlessMissing(lstat(join(root, path)));
  if (entry === undefined) return; // it went while we looked
  if (entry.isDirectory()) {
    if (path.split("/").some((name) => name.startsWith("."))) leaveOut("hidden");
    else if (path.split("/").length > deepest) leaveOut("too deep");
    else await lookInside(root, path, roots, found);
    return;
  }
  const flaw = syncedPathFlaw(path);
  if (flaw !== undefined) return leaveOut(flaw);
  // Links into the store of another download are followed, as exo does, and no further than exo's models folders.
  const real = await resolveInside(join(root, path), roots);
  if (real === undefined) return leaveOut("a link that leads outside exo's models folders");
  const { size, ...kind } = await stat(real).then((at) => ({ size: at.size, isFile: at.isFile() }));
  if (!kind.isFile) return leaveOut("not a file");
  found.files.push({ path, bytes: size, stamp: await stampOf(real) });
}

async function lookInside(root: string, folder: string, roots: readonly string[], found: Found): Promise<void> {
  for (const name of await namesIn(join(root, folder)))
    await look(root, folder === "" ? name : `${folder}/${name}`, roots, found);
}

/** Everything in a model's folder, and what of it is copied. @param roots exo's models folders, resolved */
export async function listSource(folder: string, roots: readonly string[]): Promise<SourceFolder> {
  const found: Found = { files: [], leftOut: [], entries: 0 };
  await lookInside(folder, "", roots, found);
  const files = found.files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  return { folder, files, leftOut: found.leftOut };
}
