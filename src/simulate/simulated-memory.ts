import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How a simulated exo tells its Mac's host probe what its weights take: the two are different processes. */
const fileIn = (exoHome: string): string => join(exoHome, "simulated-memory.json");

/** Says how many bytes of weights this process holds. */
export async function writeLoadedBytes(exoHome: string, pid: number, loadedBytes: number): Promise<void> {
  const temporary = `${fileIn(exoHome)}.${pid}`;
  await writeFile(temporary, JSON.stringify({ pid, loadedBytes }));
  await rename(temporary, fileIn(exoHome));
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** @returns 0 when no exo runs on that Mac. */
export async function readLoadedBytes(exoHome: string): Promise<number> {
  try {
    const said: unknown = JSON.parse(await readFile(fileIn(exoHome), "utf8"));
    const { pid, loadedBytes } = said as { readonly pid?: unknown; readonly loadedBytes?: unknown };
    return typeof pid === "number" && typeof loadedBytes === "number" && isAlive(pid) ? loadedBytes : 0;
  } catch {
    return 0;
  }
}
