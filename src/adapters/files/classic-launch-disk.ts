import { constants } from "node:fs";
import { access, copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { delimiter, isAbsolute, join, relative, sep } from "node:path";
import type { ClassicFolders } from "../../agent/classic-command.js";
import type { ClassicLaunchFiles } from "../../agent/classic-launch-files.js";
import { unlessMissing } from "./registry-paths.js";

const indexName = "model.safetensors.index.json";
const profilerName = "system_profiler";
/** Of a model's folder. More is no model. */
const mostFiles = 20_000;

/**
 * The files around an exo 0.0.x: in a folder of the agent's own, which nobody cleans as macOS does with temporary ones, and the
 * model's files where exo looks for them.
 *
 * @param folder the agent's own, for this exo alone
 */
export async function openClassicLaunchDisk(folder: string, exoHome: string): Promise<ClassicLaunchFiles> {
  const folders: ClassicFolders = {
    exoHome,
    temporary: join(folder, "tmp"),
    discoveryFile: join(folder, "peers.json"),
    substitutes: join(folder, "bin"),
  };
  await mkdir(folders.temporary, { recursive: true, mode: 0o700 });
  // What a killed agent has left: nothing is forced until somebody asks for it.
  await rm(folders.substitutes, { recursive: true, force: true });
  return {
    folders,
    writeDiscovery: (text) => replaceLater(folders.discoveryFile, text),
    layOutCaches: (repo) => layOutCaches(folders, repo.replaceAll("/", "--")),
    findProfiler: (path) => findProfiler(path, folders.substitutes),
    writeSubstitute: async (text) => {
      await mkdir(folders.substitutes, { recursive: true, mode: 0o700 });
      await replace(join(folders.substitutes, profilerName), text, 0o700);
    },
    removeSubstitute: () => rm(folders.substitutes, { recursive: true, force: true }),
  };
}

async function replace(path: string, text: string, mode: number, at?: Date): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, text, { mode });
  if (at !== undefined) await utimes(next, at, at);
  await rename(next, path);
}

/** exo compares times of modification, so the new one has to be later whatever the clock has done. */
async function replaceLater(path: string, text: string): Promise<void> {
  if ((await unlessMissing(readFile(path, "utf8"))) === text) return;
  const before = (await unlessMissing(stat(path)))?.mtimeMs ?? 0;
  await replace(path, text, 0o600, new Date(Math.max(Date.now(), before + 1_000)));
}

async function layOutCaches(folders: ClassicFolders, name: string): Promise<"laid-out" | "no-files"> {
  const model = join(folders.exoHome, "downloads", name);
  const files = await filesBelow(model);
  if (files === undefined) return "no-files";
  const caches = join(folders.temporary, "exo");
  await mkdir(join(caches, name), { recursive: true });
  await replace(join(caches, `${name}--main--file_list.json`), JSON.stringify(files), 0o600);
  const index = join(caches, name, indexName);
  if (files.some(({ path }) => path === indexName)) await copyFile(join(model, indexName), index);
  else await rm(index, { force: true });
  return "laid-out";
}

interface ListedFile {
  readonly path: string;
  readonly size: number;
}

/** Paths with slashes, in order; links are followed, as exo does. Undefined: there is no such folder, or it is empty. */
async function filesBelow(folder: string): Promise<readonly ListedFile[] | undefined> {
  const entries = await unlessMissing(readdir(folder, { recursive: true, withFileTypes: true }));
  if (entries === undefined || entries.length > mostFiles) return undefined;
  const files: ListedFile[] = [];
  for (const { parentPath, name } of entries) {
    if (name.endsWith(".partial")) continue;
    const path = join(parentPath, name);
    const found = await unlessMissing(stat(path));
    if (found?.isFile() !== true) continue;
    files.push({ path: relative(folder, path).split(sep).join("/"), size: found.size });
  }
  if (files.length === 0) return undefined;
  return files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

async function findProfiler(path: string, own: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder) || folder === own) continue;
    const candidate = join(folder, profilerName);
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false, // not there, or nobody may run it
    );
    if (runs) return candidate;
  }
  return undefined;
}
