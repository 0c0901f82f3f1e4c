import { dirname, join } from "node:path";
import type { ClassicInstallation } from "../../register/classic/installation.js";
import { readPatches } from "../../register/classic/read-patches.js";
import { Problem } from "../../runtime/problem.js";
import type { FileCalls } from "./classic-file-calls.js";
import {
  type FoundModelsPy,
  installedExo,
  listed,
  packageVersion,
  sitePackagesAt,
  sitePackagesOf,
} from "./classic-site-packages.js";
import { unlessMissing } from "./registry-paths.js";

/**
 * Finds the exo 0.0.x at the given places: the file itself, a checkout, the package's folder, site-packages or a virtual
 * environment. Links are followed.
 *
 * @throws Problem (usage) when there is none, or when the places lead to several
 */
export async function findClassicInstallation(
  places: readonly string[],
  calls: FileCalls,
): Promise<ClassicInstallation> {
  const found = new Map<string, FoundModelsPy>();
  const environments: string[] = [];
  for (const place of places) {
    environments.push(...(await sitePackagesAt(calls, place)));
    for (const candidate of await candidatesAt(calls, place)) {
      const path = await unlessMissing(calls.realpath(candidate.path));
      if (path !== undefined && !found.has(path)) found.set(path, { ...candidate, path });
    }
  }
  const [only, ...others] = found.values();
  if (only === undefined) throw noneFound(places);
  if (others.length > 0) throw severalFound([...found.keys()]);
  return await describe(calls, only, environments);
}

async function candidatesAt(calls: FileCalls, place: string): Promise<readonly FoundModelsPy[]> {
  if ((await unlessMissing(calls.stat(place)))?.isFile()) return [{ path: place, how: "file" }];
  const names = await listed(calls, place);
  if (names.includes("models.py") && names.includes("inference"))
    return [{ path: join(place, "models.py"), how: "checkout" }];
  const sites = await sitePackagesAt(calls, place);
  const installed = (await Promise.all(sites.map((folder) => installedExo(calls, folder)))).flat();
  if (sites.includes(place) || !names.includes("exo")) return installed;
  return [{ path: join(place, "exo", "models.py"), how: "checkout" }, ...installed];
}

async function describe(
  calls: FileCalls,
  { path, how }: FoundModelsPy,
  environments: readonly string[],
): Promise<ClassicInstallation> {
  const folder = dirname(path);
  const sites = [...environments, ...(await sitePackagesOf(calls, path))];
  const [exo, mlx, mlxLm] = await Promise.all(
    ["exo", "mlx", "mlx_lm"].map((name) => packageVersion(calls, sites, name)),
  );
  const modelClasses = await classesIn(calls, join(folder, "inference", "mlx", "models"));
  return {
    modelsPy: path,
    how,
    ...(exo === undefined ? {} : { exo }),
    ...(mlx === undefined ? {} : { mlx }),
    ...(mlxLm === undefined ? {} : { mlxLm }),
    ...(modelClasses === undefined ? {} : { modelClasses }),
    patches: readPatches(await sourcesOf(calls, folder)),
  };
}

async function classesIn(calls: FileCalls, folder: string): Promise<readonly string[] | undefined> {
  const names = await listed(calls, folder);
  if (names.length === 0) return undefined;
  return names.filter((name) => name.endsWith(".py") && name !== "__init__.py").map((name) => name.slice(0, -3));
}

async function sourcesOf(calls: FileCalls, folder: string) {
  const read = (...parts: readonly string[]): Promise<string | undefined> =>
    unlessMissing(calls.readFile(join(folder, ...parts), "utf8"));
  const [api, loader, engine, downloader] = await Promise.all([
    read("api", "chatgpt_api.py"),
    read("inference", "mlx", "sharded_utils.py"),
    read("inference", "mlx", "sharded_inference_engine.py"),
    read("download", "hf", "hf_helpers.py"),
  ]);
  return {
    ...(api === undefined ? {} : { api }),
    ...(loader === undefined ? {} : { loader }),
    ...(engine === undefined ? {} : { engine }),
    ...(downloader === undefined ? {} : { downloader }),
  };
}

const noneFound = (places: readonly string[]): Problem =>
  new Problem(
    "usage",
    "no_classic_exo",
    `found no exo 0.0.x (exo/models.py) at ${places.join(", ")}`,
    "Name its checkout, its virtual environment or the file itself: --classic PATH. exo 1.x has no such file.",
  );

const severalFound = (paths: readonly string[]): Problem =>
  new Problem(
    "usage",
    "several_classic_exos",
    `found several exo 0.0.x: ${paths.join(", ")}`,
    "Name the file of the one that runs: --classic PATH.",
  );
