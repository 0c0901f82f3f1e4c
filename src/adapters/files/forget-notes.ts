import { lstat, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { modelFolderName } from "../../cluster/names.js";
import type { ModelRemovalFiles } from "../../register/model-removal.js";
import { unlessMissing } from "./registry-paths.js";

/** All of a note. It defines no model, so one that is left behind means nothing to exo. */
const note = "# Written by exoctl to make exo forget a model. It may be deleted.\n";

async function isNote(path: string): Promise<boolean> {
  const found = await unlessMissing(lstat(path));
  if (found === undefined || !found.isFile() || found.size !== Buffer.byteLength(note)) return false;
  return (await unlessMissing(readFile(path, "utf8"))) === note;
}

async function sweep(cardsFolder: string): Promise<void> {
  const names = (await unlessMissing(readdir(cardsFolder))) ?? [];
  for (const name of names.filter((each) => each.endsWith(".toml"))) {
    const path = join(cardsFolder, name);
    if (await isNote(path)) await rm(path, { force: true });
  }
}

/** Notes in exo's custom cards folder. Removes those of an earlier run. */
export async function openForgetNotes(
  cardsFolder: string,
): Promise<Pick<ModelRemovalFiles, "leaveForgetNote" | "clearForgetNote">> {
  await sweep(cardsFolder);
  const pathOf = (id: Parameters<ModelRemovalFiles["leaveForgetNote"]>[0]): string =>
    join(cardsFolder, `${modelFolderName(id)}.toml`);
  return {
    leaveForgetNote: async (id) => {
      const path = pathOf(id);
      if (await isNote(path)) return "left";
      try {
        // Fails where anything has this name, a link that leads nowhere included.
        await writeFile(path, note, { flag: "wx", mode: 0o644 });
        return "left";
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EEXIST") return "taken";
        throw error;
      }
    },
    clearForgetNote: async (id) => {
      if (await isNote(pathOf(id))) await rm(pathOf(id), { force: true });
    },
  };
}
