import { randomUUID } from "node:crypto";
import { lstat, mkdir, readlink, rename, rm, stat, symlink, unlink } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import { type ModelId, modelFolderName } from "../../cluster/names.js";
import type { LinkOwner } from "../../cluster/registry-report.js";
import { readModelId } from "../../register/entry-schema.js";
import { type ModelFolder, type RegistryFiles, RegistryPathError } from "../../register/registry-files.js";
import { createReadFolderContents, type ReadFolderContents } from "./registry-folder-contents.js";
import type { LinkRecord } from "./registry-link-record.js";
import { namesIn, resolveInside, resolveRoots, unlessMissing } from "./registry-paths.js";

type ModelFolders = Pick<RegistryFiles, "modelFolders" | "foldersOf" | "linkWeights" | "unlinkWeights">;

/** `owner--name` back to `owner/name`; undefined for folders that are not a model's, such as `caches`. */
const idOfFolder = (name: string): ModelId | undefined =>
  name.includes("--") ? readModelId(name.replace("--", "/")) : undefined;

async function look(
  path: string,
  modelId: ModelId,
  roots: readonly string[],
  record: LinkRecord,
  contentsOf: ReadFolderContents,
): Promise<ModelFolder | undefined> {
  const found = await unlessMissing(lstat(path));
  if (found === undefined || !(found.isDirectory() || found.isSymbolicLink())) return undefined;
  const kind = found.isSymbolicLink() ? "link" : "folder";
  const link = kind === "link" ? ownerOf(await record.targetOf(path), await readlink(path)) : undefined;
  const resolved = await resolveInside(path, roots);
  const folder = { modelId, path, kind, ours: link === "ours", ...(link === undefined ? {} : { link }) } as const;
  if (resolved === undefined || !(await stat(resolved)).isDirectory()) return { ...folder, complete: false };
  return { ...folder, resolved, ...(await contentsOf(resolved, roots)) };
}

/** A link is nothing but the way it leads: one that we made and that leads elsewhere now may be set right again. */
function ownerOf(made: string | undefined, target: string): LinkOwner {
  if (made === undefined) return "foreign";
  return made === target ? "ours" : "redirected";
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

const isReplaceable = ({ link }: ModelFolder): boolean => link === "ours" || link === "redirected";

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

  const contentsOf = createReadFolderContents();
  const foldersOf = async (id: ModelId): Promise<readonly ModelFolder[]> => {
    const roots = await resolveRoots(modelsFolders);
    const found = await Promise.all(
      modelsFolders.map((folder) => look(join(folder, modelFolderName(id)), id, roots, record, contentsOf)),
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
    const there = await look(path, id, roots, record, contentsOf);
    const inTheWay = there === undefined ? await unlessMissing(lstat(path)) : isReplaceable(there) ? undefined : there;
    if (inTheWay !== undefined) throw new RegistryPathError(path, "is not a link that exoctl made");
    // Written down first: a link that we can't prove to be ours would never be removed again.
    await record.remember(path, resolved);
    await placeLink(path, resolved);
  };
  const unlinkWeights = async (id: ModelId): Promise<"removed" | "absent"> => {
    const path = join(linksFolder, modelFolderName(id));
    const there = await look(path, id, await resolveRoots(modelsFolders), record, contentsOf);
    if (there?.ours !== true || basename(path) !== modelFolderName(id)) return "absent";
    await unlink(path);
    await record.forget(path);
    return "removed";
  };
  return { modelFolders, foldersOf, linkWeights, unlinkWeights };
}
