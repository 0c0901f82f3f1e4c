import { lstat, mkdir, readFile, readlink, rename, rmdir, symlink, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readShard } from "../../models/inspect/read-shard.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import { type LocalModel, RegistryPathError } from "../../register/registry-files.js";
import { indexFileName, renderIndex } from "../../register/render-index.js";
import { openModelFolder } from "./model-folder.js";
import { singleWeightFile } from "./registry-local-models.js";
import { namesIn, resolveInside, unlessMissing } from "./registry-paths.js";

/** Folders of links: a model's files under a name where exo finds them, with an index beside them. */
export interface GatheredFolders {
  /** Whether such a folder of ours stands there. */
  isOurs(path: string): Promise<boolean>;
  /** Puts it there, or leaves it when it is as it should be. Nothing may stand there but an older one of ours. */
  make(path: string, source: LocalModel, roots: readonly string[]): Promise<"made" | "unchanged">;
  /** Removes one of ours: links and index, never what the links lead to. */
  remove(path: string): Promise<void>;
}

/** What of a model's folder exo reads. Code that lies beside the weights is not among it. */
const isModelFile = (name: string): boolean => /^[^.].*\.(?:safetensors|json|jinja|tiktoken|txt|model)$/.test(name);

const temporaryName = ".exoctl-entry-";

/** What a folder of links shall hold: where each link leads, and the text of the index. */
interface Contents {
  readonly links: ReadonlyMap<string, string>;
  readonly index: string;
}

async function contentsFor(source: LocalModel, roots: readonly string[]): Promise<Contents> {
  const links = new Map<string, string>();
  for (const name of (await namesIn(source.resolved)).filter(isModelFile)) {
    const target = join(source.resolved, name);
    if ((await resolveInside(target, roots)) !== undefined) links.set(name, target);
  }
  const files = await openModelFolder(source.resolved);
  const found = await files.look(singleWeightFile);
  const shard = found.kind === "file" ? await readShard(files, singleWeightFile, found.bytes) : undefined;
  if (shard?.kind === "ok") return { links, index: renderIndex(singleWeightFile, shard.value.tensors) };
  throw new RegistryPathError(join(source.path, singleWeightFile), `can't be read: ${shard?.why ?? "it has gone"}`);
}

/** Whether a folder holds nothing but links and an index, so that removing it loses nothing. */
async function isOnlyLinks(path: string): Promise<boolean> {
  if ((await unlessMissing(lstat(path)))?.isDirectory() !== true) return false;
  for (const name of await namesIn(path)) {
    const entry = await unlessMissing(lstat(join(path, name)));
    const isIndex = name === indexFileName && entry?.isFile() === true;
    if (entry?.isSymbolicLink() !== true && !isIndex) return false;
  }
  return true;
}

async function removeLinks(path: string): Promise<void> {
  for (const name of await namesIn(path)) await unlessMissing(unlink(join(path, name)));
  await unlessMissing(rmdir(path));
}

async function holds(path: string, { links, index }: Contents): Promise<boolean> {
  const names = await namesIn(path);
  if (names.length !== links.size + 1) return false;
  for (const [name, target] of links)
    if ((await readlink(join(path, name)).catch(() => undefined)) !== target) return false;
  return (await unlessMissing(readFile(join(path, indexFileName), "utf8"))) === index;
}

async function write(path: string, { links, index }: Contents): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const [name, target] of links) await symlink(target, join(path, name));
  await writeFile(join(path, indexFileName), index, { mode: 0o644 });
}

/** Removes what an interrupted `make` has left behind in exo's models folder. */
export async function sweepGathered(modelsFolder: string): Promise<void> {
  for (const name of await namesIn(modelsFolder)) {
    const path = join(modelsFolder, name);
    if (name.startsWith(temporaryName) && (await isOnlyLinks(path))) await removeLinks(path);
  }
}

/** @param placed where it is written down which folders are ours */
export function openGatheredFolders(placed: PlacedFolders): GatheredFolders {
  // Both have to be true: a record alone may speak of a folder that somebody else has put there since.
  const isOurs = async (path: string): Promise<boolean> =>
    (await placed.placedBy(path)) === "entry" && (await isOnlyLinks(path));
  return {
    isOurs,
    make: async (path, source, roots) => {
      const contents = await contentsFor(source, roots);
      const before = await isOurs(path);
      if (before && (await holds(path, contents))) return "unchanged";
      const fresh = join(dirname(path), `${temporaryName}${basename(path)}`);
      if (await isOnlyLinks(fresh)) await removeLinks(fresh);
      try {
        await write(fresh, contents);
        await placed.remember(path, "entry");
        if (before) await removeLinks(path);
        await rename(fresh, path);
      } catch (error) {
        if (await isOnlyLinks(fresh)) await removeLinks(fresh);
        if ((await unlessMissing(lstat(path))) === undefined) await placed.forget(path);
        const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
        throw new RegistryPathError(path, `could not be made a folder of links${code}`, { cause: error });
      }
      return "made";
    },
    remove: async (path) => {
      await removeLinks(path);
      await placed.forget(path);
    },
  };
}
