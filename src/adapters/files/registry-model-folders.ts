import { randomUUID } from "node:crypto";
import { lstat, mkdir, readFile, readlink, rename, rm, stat, symlink, unlink } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import { type ModelId, modelFolderName } from "../../cluster/names.js";
import { readModelId } from "../../register/entry-schema.js";
import { type ModelFolder, type RegistryFiles, RegistryPathError } from "../../register/registry-files.js";
import { filesOfIndex, isIndexName } from "../../register/safetensors-index.js";
import type { LinkRecord } from "./registry-link-record.js";
import { isFileInside, namesIn, resolveInside, resolveRoots, unlessMissing } from "./registry-paths.js";

/** gpt-oss-120b's index has 40 kB; the largest known ones have a few MB. */
const maxIndexBytes = 64 * 1024 * 1024;

type ModelFolders = Pick<RegistryFiles, "modelFolders" | "foldersOf" | "linkWeights" | "unlinkWeights">;

/** exo's rule, with every link resolved: whatever is outside the models folders counts as not there. */
async function isComplete(folder: string, roots: readonly string[]): Promise<boolean> {
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

/** `owner--name` back to `owner/name`; undefined for folders that are not a model's, such as `caches`. */
const idOfFolder = (name: string): ModelId | undefined =>
  name.includes("--") ? readModelId(name.replace("--", "/")) : undefined;

async function look(
  path: string,
  modelId: ModelId,
  roots: readonly string[],
  record: LinkRecord,
): Promise<ModelFolder | undefined> {
  const found = await unlessMissing(lstat(path));
  if (found === undefined || !(found.isDirectory() || found.isSymbolicLink())) return undefined;
  const kind = found.isSymbolicLink() ? "link" : "folder";
  const ours = kind === "link" && (await record.targetOf(path)) === (await readlink(path));
  const resolved = await resolveInside(path, roots);
  const folder = { modelId, path, kind, ours } as const;
  if (resolved === undefined || !(await stat(resolved)).isDirectory()) return { ...folder, complete: false };
  return { ...folder, resolved, complete: await isComplete(resolved, roots) };
}

/** Puts a link at `path` in one step. Fails when a real folder is there: a rename never replaces one by a link. */
async function placeLink(path: string, target: string): Promise<void> {
  const fresh = join(path, "..", `.exoctl-${randomUUID()}`);
  await symlink(target, fresh, "dir");
  try {
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw new RegistryPathError(path, "could not be made a link", { cause: error });
  }
}

/** Removes links under temporary names that a killed agent has left behind. */
async function sweep(folder: string): Promise<void> {
  const leftovers = (await namesIn(folder)).filter((name) => /^\.exoctl-[0-9a-f-]{36}$/.test(name));
  for (const name of leftovers) {
    const path = join(folder, name);
    if ((await unlessMissing(lstat(path)))?.isSymbolicLink()) await unlink(path);
  }
}

/**
 * exo's models folders, in exo's order.
 *
 * @param modelsFolders absolute paths, told at installation; links are made in the first
 */
export async function openRegistryModelFolders(
  modelsFolders: readonly [string, ...string[]],
  record: LinkRecord,
): Promise<ModelFolders> {
  const [linksFolder] = modelsFolders;
  if (!modelsFolders.every((folder) => isAbsolute(folder)))
    throw new RangeError("models folders must be absolute paths");
  await sweep(linksFolder);

  const foldersOf = async (id: ModelId): Promise<readonly ModelFolder[]> => {
    const roots = await resolveRoots(modelsFolders);
    const found = await Promise.all(
      modelsFolders.map((folder) => look(join(folder, modelFolderName(id)), id, roots, record)),
    );
    return found.filter((folder) => folder !== undefined);
  };
  const modelFolders = async (): Promise<readonly ModelFolder[]> => {
    const names = (await Promise.all(modelsFolders.map(namesIn))).flat();
    const ids = [...new Set(names.map(idOfFolder))].filter((id) => id !== undefined);
    return (await Promise.all(ids.toSorted().map(foldersOf))).flat();
  };
  const linkWeights = async (id: ModelId, target: ModelFolder): Promise<void> => {
    await mkdir(linksFolder, { recursive: true });
    const roots = await resolveRoots(modelsFolders);
    const resolved = await resolveInside(target.path, roots);
    if (resolved === undefined) throw new RegistryPathError(target.path, "is not inside exo's models folders");
    const path = join(linksFolder, modelFolderName(id));
    const there = await look(path, id, roots, record);
    const inTheWay = there === undefined ? await unlessMissing(lstat(path)) : there.ours ? undefined : there;
    if (inTheWay !== undefined) throw new RegistryPathError(path, "is not a link that exoctl made");
    // Written down first: a link that we can't prove to be ours would never be removed again.
    await record.remember(path, resolved);
    await placeLink(path, resolved);
  };
  const unlinkWeights = async (id: ModelId): Promise<"removed" | "absent"> => {
    const path = join(linksFolder, modelFolderName(id));
    const there = await look(path, id, await resolveRoots(modelsFolders), record);
    if (there?.ours !== true || basename(path) !== modelFolderName(id)) return "absent";
    await unlink(path);
    await record.forget(path);
    return "removed";
  };
  return { modelFolders, foldersOf, linkWeights, unlinkWeights };
}
