import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import type { PlacedBy } from "../../cluster/registry-report.js";
import type { PlacedFolders } from "../../register/placed-folders.js";
import { RegistryPathError } from "../../register/registry-files.js";
import { unlessMissing } from "./registry-paths.js";

const recordSchema = z.object({ folders: z.record(z.string(), z.enum(["sync", "convert", "entry", "import"])) });

/** A record in a JSON file of the agent's home folder. Open it once: changes are made one after the other. */
export function openPlacedFoldersRecord(file: string): PlacedFolders {
  let turn: Promise<unknown> = Promise.resolve();
  const read = async (): Promise<Readonly<Record<string, PlacedBy>>> => {
    const text = await unlessMissing(readFile(file, "utf8"));
    if (text === undefined) return {};
    try {
      return recordSchema.parse(JSON.parse(text)).folders;
    } catch (error) {
      throw new RegistryPathError(file, "is not the agent's record of model folders", { cause: error });
    }
  };
  const change = (edit: (folders: Readonly<Record<string, PlacedBy>>) => Record<string, PlacedBy>): Promise<void> => {
    const done = turn.then(async () => {
      const folders = edit(await read());
      await writeFileAtomic(file, `${JSON.stringify({ folders }, undefined, 2)}\n`, { mode: 0o600 });
    });
    turn = done.catch(() => undefined); // its caller hears of it
    return done;
  };
  return {
    placedBy: async (path) => {
      const folders = await read();
      return Object.hasOwn(folders, path) ? folders[path] : undefined;
    },
    remember: (path, by) => change((folders) => ({ ...folders, [path]: by })),
    forget: (path) =>
      change((folders) => {
        const { [path]: _gone, ...rest } = folders;
        return rest;
      }),
  };
}
