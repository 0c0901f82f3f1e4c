import { isAbsolute, join } from "node:path";

/** The environment variables that are read here. */
export interface HomeEnvironment {
  readonly EXOCTL_HOME?: string | undefined;
  readonly XDG_STATE_HOME?: string | undefined;
}

/**
 * The folder for state: `EXOCTL_HOME` if set, else `~/Library/Application Support/exoctl` on macOS, and elsewhere
 * `$XDG_STATE_HOME/exoctl` or `~/.local/state/exoctl`. An empty variable counts as not set, and so does an `XDG_STATE_HOME`
 * that is not absolute, as its specification says.
 *
 * @param platform as `process.platform`
 * @param homedir as `os.homedir()`
 */
export function defaultHome(platform: string, env: HomeEnvironment, homedir: string): string {
  if (env.EXOCTL_HOME !== undefined && env.EXOCTL_HOME !== "") return env.EXOCTL_HOME;
  if (platform === "darwin") return join(homedir, "Library", "Application Support", "exoctl");
  const { XDG_STATE_HOME: xdg } = env;
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir, ".local", "state"), "exoctl");
}
