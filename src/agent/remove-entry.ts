import type { ModelId } from "../cluster/names.js";
import type { RegistryFiles } from "../register/registry-files.js";
import { isOurCard } from "../register/render-card.js";
import { refusingBlockedPaths } from "./ensure-entry.js";
import { RefusalError } from "./refusal.js";

/**
 * Removes our card of a model and the link that we made for its weights. The weights themselves stay, and so does everything
 * that somebody else has written.
 *
 * @throws RefusalError `not_possible` when the card file is not ours
 */
export async function removeEntry(files: RegistryFiles, id: ModelId): Promise<"removed" | "absent"> {
  return await refusingBlockedPaths(async () => {
    const text = await files.readOurCard(id);
    if (text !== undefined && !isOurCard(text)) {
      throw new RefusalError("not_possible", `the card file of ${id} was not written by exoctl`);
    }
    const link = await files.unlinkWeights(id);
    const card = text === undefined ? "absent" : await files.removeOurCard(id);
    return link === "removed" || card === "removed" ? "removed" : "absent";
  });
}
