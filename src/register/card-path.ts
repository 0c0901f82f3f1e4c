import { type ModelId, modelFolderName } from "../cluster/names.js";

/** Sub-folder of exo's custom cards folder that is ours. exo reads cards in sub-folders as well. */
export const ourCardsFolder = "exoctl";

const ending = ".exoctl.toml";

/**
 * Name of our card file inside `ourCardsFolder`. Newer exos delete `<custom cards>/<owner>--<name>.toml` when their own state
 * does not list the model, so neither the folder nor the name may be the one exo would choose.
 */
export const cardFileName = (id: ModelId): string => `${modelFolderName(id)}${ending}`;

/** Whether a file in our folder is what an interrupted write of a card has left behind. */
export const isLeftoverOfWrite = (fileName: string): boolean => /\.exoctl\.toml\.\d+$/.test(fileName);
