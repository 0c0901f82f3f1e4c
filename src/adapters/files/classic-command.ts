import { dirname, join } from "node:path";
import { type FileCalls, fileCalls } from "./classic-file-calls.js";

/**
 * The virtual environments whose `exo` command a search path leads to: a command that pip installed names the environment's
 * Python in its first line. Only the first such command counts, as in a shell.
 */
export async function environmentsOfCommand(
  searchPath: string,
  calls: FileCalls = fileCalls,
): Promise<readonly string[]> {
  for (const folder of searchPath.split(":").filter((each) => each !== "")) {
    // Not there, not readable or not a file: the shell would go on as well.
    const text = await calls.readFile(join(folder, "exo"), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const [first = ""] = text.split("\n", 1);
    const python = first.startsWith("#!") ? first.slice(2).trim() : "";
    return python.includes("/bin/python") ? [dirname(dirname(python))] : [];
  }
  return [];
}
