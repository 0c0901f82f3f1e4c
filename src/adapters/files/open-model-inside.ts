import { join } from "node:path";
import { ModelFileError, type ModelFiles } from "../../models/inspect/model-files.js";
import { RegistryPathError } from "../../register/registry-files.js";
import { openModelFolder } from "./model-folder.js";
import { openInside } from "./open-inside.js";
import { resolveInside } from "./registry-paths.js";

const why = "it is a link out of the models folders that the agent was told of";

/**
 * The files of a model as far as they really lie inside the roots; whatever leads elsewhere is there and can't be read.
 *
 * @param folder with links followed
 * @param roots with links followed
 * @throws Problem of kind `usage` when there is no folder that can be read
 */
export async function openModelInside(folder: string, roots: readonly string[]): Promise<ModelFiles> {
  const files = await openModelFolder(folder, (path) =>
    openInside(path, roots).catch((error: unknown) => {
      throw error instanceof RegistryPathError ? new ModelFileError(path, why, { cause: error }) : error;
    }),
  );
  return {
    ...files,
    look: async (path) => {
      const found = await files.look(path);
      if (found.kind !== "file" || (await resolveInside(join(folder, path), roots)) !== undefined) return found;
      return { kind: "not-a-file", why };
    },
  };
}
