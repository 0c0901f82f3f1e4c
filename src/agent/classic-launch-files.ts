import type { ClassicFolders } from "./classic-command.js";

/** The files around one exo 0.0.x that the agent writes. */
export interface ClassicLaunchFiles {
  readonly folders: ClassicFolders;
  /** All or nothing, with a modification time later than before: exo reads the file again only then. Does nothing for the same text. */
  writeDiscovery(text: string): Promise<void>;
  /**
   * Lays out what exo would ask a hub for, from the model's files in `<EXO_HOME>/downloads`: the list of files and a copy of the
   * weight index. Anew before each start, since exo keeps both for ever and never looks whether they are still true.
   *
   * @param repo `owner/name`
   * @returns `no-files` where the model's folder is not there
   */
  layOutCaches(repo: string): Promise<"laid-out" | "no-files">;
  /** Where this exo would find the real `system_profiler`: the first on that PATH. Undefined: nowhere. */
  findProfiler(path: string): Promise<string | undefined>;
  /** Puts a program of that text in the place of `system_profiler`. */
  writeSubstitute(text: string): Promise<void>;
  removeSubstitute(): Promise<void>;
}
