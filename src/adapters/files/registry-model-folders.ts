import { randomUUID } from "node:crypto";
import { lstat, mkdir, readlink, rename, rm, rmdir, stat, symlink, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ModelId, modelFolderName } from "../../cluster/names.js";
import type { LinkOwner } from "../../cluster/registry-report.js";
import { readModelId } from "../../register/entry-schema.js";
import {
  type LocalModel,
  type ModelFolder,
  type RegistryFiles,
  RegistryPathError,
} from "../../register/registry-files.js";
import { type GatheredFolders, sweepGathered } from "./gathered-folders.js";
import type { ReadFolderContents } from "./registry-folder-contents.js";
import type { LinkRecord } from "./registry-link-record.js";
import { namesIn, resolveInside, unlessMissing } from "./registry-paths.js";

type ModelFolders = Pick<
  RegistryFiles,
  "modelFolders" | "foldersOf" | "linkWeights" | "gatherWeights" | "unlinkWeights"
>;

/** What tells which links and folders in exo's models folders are ours, and where they may lead. */
interface Ownership {
  readonly record: LinkRecord;
  readonly gathered: GatheredFolders;
  readonly contentsOf: ReadFolderContents;
  /** Folders that the agent was told of, with links followed: whatever is outside of all counts as not there. */
  readonly rootsNow: () => Promise<readonly string[]>;
}

/** `owner--name` back to `owner/name`; undefined for folders that are not a model's, such as `caches`. */
const idOfFolder = (name: string): ModelId | undefined =>
  name.includes("--") ? readModelId(name.replace("--", "/")) : undefined;

async function look(
  path: string,
  modelId: ModelId,
  roots: readonly string[],
  { record, gathered, contentsOf }: Ownership,
): Promise<ModelFolder | undefined> {
  const found = await unlessMissing(lstat(path));
  if (found === undefined || !(found.isDirectory() || found.isSymbolicLink())) return undefined;
  const kind = found.isSymbolicLink() ? "link" : "folder";
  const link = kind === "link" ? ownerOf(await record.targetOf(path), await readlink(path)) : undefined;
  const resolved = await resolveInside(path, roots);
  const ours = link === undefined ? await gathered.isOurs(path) : link === "ours";
  const isEmpty = kind === "folder" && (await namesIn(path)).length === 0;
  const folder = {
    ...({ modelId, path, kind, ours } as const),
    ...(link === undefined ? {} : { link }),
    ...(isEmpty ? { empty: true as const } : {}),
  };
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

/** Removes links and folders of links under temporary names that a killed agent has left behind. */
async function sweep(folder: string): Promise<void> {
  const leftovers = (await namesIn(folder)).filter((name) => /^\.exoctl-[0-9a-f-]{36}$/.test(name));
  for (const name of leftovers) {
    const path = join(folder, name);
    if ((await unlessMissing(lstat(path)))?.isSymbolicLink()) await unlink(path);
  }
  await sweepGathered(folder);
}

/** Removes what may be replaced at `path`. @throws RegistryPathError when something else stands there */
async function clear(path: string, there: ModelFolder | undefined, { record, gathered }: Ownership): Promise<void> {
  if (there?.ours === true && there.kind === "folder") await gathered.remove(path);
  else if (there !== undefined && isReplaceable(there)) {
    await unlink(path);
    await record.forget(path);
  }
  // Succeeds only for an empty folder.
  else await rmdir(path).catch(() => undefined);
  if ((await unlessMissing(lstat(path))) !== undefined)
    throw new RegistryPathError(path, "is neither a link nor a folder of links that exoctl made");
}

/**
 * exo's models folders, in exo's order.
 *
 * @param modelsFolders absolute paths, told at installation; links are made in the first
 */
export async function openRegistryModelFolders(
  modelsFolders: readonly [string, ...string[]],
  ownership: Ownership,
): Promise<ModelFolders> {
  const [linksFolder] = modelsFolders;
  const { record, gathered, rootsNow } = ownership;
  await sweep(linksFolder);

  const foldersOf = async (id: ModelId): Promise<readonly ModelFolder[]> => {
    const roots = await rootsNow();
    const found = await Promise.all(
      modelsFolders.map((folder) => look(join(folder, modelFolderName(id)), id, roots, ownership)),
    );
    return found.filter((folder) => folder !== undefined);
  };
  const modelFolders = async (): Promise<readonly ModelFolder[]> => {
    const names = (await Promise.all(modelsFolders.map(namesIn))).flat();
    const ids = [...new Set(names.map(idOfFolder))].filter((id) => id !== undefined);
    return (await Promise.all(ids.toSorted().map(foldersOf))).flat();
  };
  /** Where `id` belongs, and what stands there. */
  const place = async (id: ModelId) => {
    await mkdir(linksFolder, { recursive: true });
    const roots = await rootsNow();
    const path = join(linksFolder, modelFolderName(id));
    return { path, roots, there: await look(path, id, roots, ownership) };
  };
  const linkWeights = async (id: ModelId, target: { readonly path: string }): Promise<void> => {
    const { path, roots, there } = await place(id);
    const resolved = await resolveInside(target.path, roots);
    if (resolved === undefined)
      throw new RegistryPathError(target.path, "is not inside the models folders that the agent was told of");
    // A link of ours is replaced in one step, by the rename.
    if (there === undefined || !isReplaceable(there)) await clear(path, there, ownership);
    // Written down first: a link that we can't prove to be ours would never be removed again.
    await record.remember(path, resolved);
    await placeLink(path, resolved);
  };
  const gatherWeights = async (id: ModelId, source: LocalModel): Promise<"made" | "unchanged"> => {
    const { path, roots, there } = await place(id);
    if (there?.kind !== "folder" || !there.ours) await clear(path, there, ownership);
    return await gathered.make(path, source, roots);
  };
  const unlinkWeights = async (id: ModelId): Promise<"removed" | "absent"> => {
    const path = join(linksFolder, modelFolderName(id));
    const there = await look(path, id, await rootsNow(), ownership);
    if (there?.ours !== true || basename(path) !== modelFolderName(id)) return "absent";
    await clear(path, there, ownership);
    return "removed";
  };
  return { modelFolders, foldersOf, linkWeights, gatherWeights, unlinkWeights };
}
