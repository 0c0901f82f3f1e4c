import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { RegistryPathError } from "../../register/registry-files.js";
import { unlessMissing } from "./registry-paths.js";

const recordSchema = z.object({ links: z.record(z.string(), z.string()) });

/** Which links the agent has made: a link is ours only if it is written here and still leads where we made it lead. */
export interface LinkRecord {
  targetOf(path: string): Promise<string | undefined>;
  remember(path: string, target: string): Promise<void>;
  forget(path: string): Promise<void>;
}

/** A record in a JSON file of the agent's home folder. One writer at a time. */
export function openLinkRecord(file: string): LinkRecord {
  const read = async (): Promise<Readonly<Record<string, string>>> => {
    const text = await unlessMissing(readFile(file, "utf8"));
    if (text === undefined) return {};
    try {
      return recordSchema.parse(JSON.parse(text)).links;
    } catch (error) {
      throw new RegistryPathError(file, "is not the agent's record of links", { cause: error });
    }
  };
  const write = async (links: Readonly<Record<string, string>>): Promise<void> => {
    await writeFileAtomic(file, `${JSON.stringify({ links }, undefined, 2)}\n`, { mode: 0o600 });
  };
  return {
    targetOf: async (path) => {
      const links = await read();
      return Object.hasOwn(links, path) ? links[path] : undefined;
    },
    remember: async (path, target) => await write({ ...(await read()), [path]: target }),
    forget: async (path) => {
      const { [path]: _gone, ...rest } = await read();
      await write(rest);
    },
  };
}
