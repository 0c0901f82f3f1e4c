import type { RegistryFiles } from "../../register/registry-files.js";
import { openRegistryCards } from "./registry-cards.js";
import { openLinkRecord } from "./registry-link-record.js";
import { openRegistryModelFolders } from "./registry-model-folders.js";

/** Where exo keeps its registry on this machine. Absolute paths, told to the agent at installation. */
export interface RegistryPlaces {
  /** exo's custom cards folder, such as `~/.exo/custom_model_cards`. */
  readonly cardsFolder: string;
  /** exo's models folders in exo's order; links are made in the first, so exo must be able to write there. */
  readonly modelsFolders: readonly [string, ...string[]];
  /** Where the agent writes down which links it made. */
  readonly linkRecordFile: string;
}

/** exo's registry on this disk. Removes what an interrupted write of an earlier run has left behind. */
export async function openRegistryDisk(places: RegistryPlaces): Promise<RegistryFiles> {
  const cards = await openRegistryCards(places.cardsFolder);
  const folders = await openRegistryModelFolders(places.modelsFolders, openLinkRecord(places.linkRecordFile));
  return { ...cards, ...folders };
}
