import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { adminRoutes } from "../../src/adapters/http/admin-routes.js";
import { ask } from "./admin-house.js";

/** What of the file system and of processes could hold a secret, by where it is. */
export type Places = ReadonlyMap<string, string>;

/** Every file in a folder, whatever it is. */
export const filesOf = (folder: string): Places =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, "latin1")]),
  );

/** What every user of a machine, or at least every process of this one, can see of processes. Linux only. */
export const processesOf = (pids: readonly number[]): Places =>
  new Map(
    pids.flatMap((pid) =>
      ["cmdline", "environ", "comm"].map((name): [string, string] => [
        `${name} of ${pid}`,
        readFileSync(`/proc/${pid}/${name}`, "latin1"),
      ]),
    ),
  );

/** What the admin API answers to everything that can be read. */
export async function answersOf(url: string, key: string): Promise<Places> {
  const paths = [...adminRoutes.filter(({ method }) => method === "GET").map(({ path }) => path), "/", "/nothing"];
  const headers = { authorization: `Bearer ${key}` };
  return new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, string]> => {
        const answer = await ask(url, "GET", path, headers);
        return [path, JSON.stringify(answer)];
      }),
    ),
  );
}

/** `WHAT in WHERE` for each secret that is somewhere it must not be. */
export const secretsFound = (places: Places, secrets: Readonly<Record<string, string>>): readonly string[] =>
  [...places].flatMap(([where, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret))
      .map(([what]) => `${what} in ${where}`),
  );
