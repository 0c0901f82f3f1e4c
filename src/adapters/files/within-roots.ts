import { join } from "node:path";
import { ModelFileError, type ModelFiles } from "../../models/inspect/model-files.js";
import { resolveInside } from "./registry-paths.js";

const why = "it is a link out of the models folders that the agent was told of";

/**
 * The files of a model as far as they really lie inside the roots; whatever leads elsewhere is there and can't be read.
 *
 * @param folder where `files` are
 * @param roots with links followed
 */
export function withinRoots(files: ModelFiles, folder: string, roots: readonly string[]): ModelFiles {
  const isInside = async (path: string): Promise<boolean> =>
    (await resolveInside(join(folder, path), roots)) !== undefined;
  return {
    names: () => files.names(),
    look: async (path) => {
      const found = await files.look(path);
      return found.kind !== "file" || (await isInside(path)) ? found : { kind: "not-a-file", why };
    },
    read: async (path, start, length) => {
      if (await isInside(path)) return await files.read(path, start, length);
      throw new ModelFileError(path, why);
    },
  };
}
