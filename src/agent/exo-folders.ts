import { isAbsolute, join } from "node:path";

/** The variables that decide where exo 1.x keeps its files. */
export interface ExoFolderEnvironment {
  readonly EXO_HOME?: string | undefined;
  readonly XDG_DATA_HOME?: string | undefined;
  readonly EXO_DEFAULT_MODELS_DIR?: string | undefined;
  readonly EXO_MODELS_DIRS?: string | undefined;
  readonly EXO_MODELS_READ_ONLY_DIRS?: string | undefined;
}

export interface ExoFolders {
  readonly cardsFolder: string;
  /** exo writes to the first. Read-only ones come last: weights may lie there, links are never made there. */
  readonly modelsFolders: readonly [string, ...string[]];
}

/**
 * Where an exo of 1.0.69 or later that runs with this environment keeps cards and models (exo 1.x reference, 5.1 and 5.3).
 *
 * @param exoHome overrides `EXO_HOME`, which exo joins to the home folder unless it is absolute
 */
export function exoFolders(
  platform: string,
  env: ExoFolderEnvironment,
  homedir: string,
  exoHome: string | undefined = env.EXO_HOME,
): ExoFolders {
  const data = dataFolder(platform, env, homedir, exoHome);
  const main = env.EXO_DEFAULT_MODELS_DIR ? withHome(env.EXO_DEFAULT_MODELS_DIR, homedir) : join(data, "models");
  const lists = [env.EXO_MODELS_DIRS ?? "", env.EXO_MODELS_READ_ONLY_DIRS ?? ""];
  const listed = lists.flatMap((list) => list.split(":")).filter((folder) => folder !== "");
  const further = listed.map((folder) => withHome(folder, homedir)).filter((folder) => folder !== main);
  return { cardsFolder: join(data, "custom_model_cards"), modelsFolders: [main, ...further] };
}

/** exo takes `~` for the home folder in these variables, whether or not a shell has seen them. */
const withHome = (folder: string, homedir: string): string => folder.replace(/^~(?=\/|$)/, homedir);

function dataFolder(platform: string, env: ExoFolderEnvironment, homedir: string, exoHome: string | undefined): string {
  if (exoHome !== undefined && exoHome !== "") return isAbsolute(exoHome) ? exoHome : join(homedir, exoHome);
  if (platform === "darwin") return join(homedir, ".exo");
  return join(env.XDG_DATA_HOME || join(homedir, ".local", "share"), "exo");
}
