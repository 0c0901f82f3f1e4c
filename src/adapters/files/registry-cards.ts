import { constants } from "node:fs";
import { lstat, open, readdir, rm, unlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { cardFileName, isLeftoverOfWrite, ourCardsFolder } from "../../register/card-path.js";
import { type CardFile, type RegistryFiles, RegistryPathError } from "../../register/registry-files.js";
import { namesIn, ourFolder, unlessMissing } from "./registry-paths.js";

/** A real card has about one kilobyte. Larger files are no cards. */
const maxCardBytes = 256 * 1024;
const maxCards = 5_000;

type Cards = Pick<RegistryFiles, "cards" | "readOurCard" | "writeOurCard" | "removeOurCard">;

/** Text of a plain file. Neither a link nor anything larger than a card is read. */
async function readPlainFile(path: string): Promise<string | undefined> {
  const found = await unlessMissing(lstat(path));
  if (found === undefined || !found.isFile() || found.size > maxCardBytes) return undefined;
  // Neither a link nor a pipe that took its place meanwhile, and no more of it than there was.
  const file = await unlessMissing(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  if (file === undefined) return undefined;
  try {
    const now = await file.stat();
    return now.isFile() && now.size <= maxCardBytes ? await file.readFile("utf8") : undefined;
  } finally {
    await file.close();
  }
}

/** The card path of a model, refused when something other than a plain file has that name. */
async function checkedPath(folder: string, fileName: string): Promise<string> {
  const path = join(folder, fileName);
  const found = await unlessMissing(lstat(path));
  if (found !== undefined && !found.isFile()) throw new RegistryPathError(path, "is not a plain file");
  return path;
}

async function readAllCards(cardsFolder: string): Promise<readonly CardFile[]> {
  const entries = (await unlessMissing(readdir(cardsFolder, { recursive: true, withFileTypes: true }))) ?? [];
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".toml"))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .slice(0, maxCards);
  const cards: CardFile[] = [];
  for (const path of paths) {
    const text = await readPlainFile(path);
    if (text === undefined) continue;
    const inOurFolder = dirname(relative(cardsFolder, path)) === ourCardsFolder;
    cards.push({ path, inOurFolder, text });
  }
  return cards;
}

/**
 * Card files in exo's custom cards folder. Writes go through a temporary file in the same folder and a rename; what a killed
 * write left behind is removed here.
 */
export async function openRegistryCards(cardsFolder: string): Promise<Cards> {
  const folder = join(cardsFolder, ourCardsFolder);
  if ((await unlessMissing(lstat(folder)))?.isDirectory()) {
    const leftovers = (await namesIn(folder)).filter(isLeftoverOfWrite);
    await Promise.all(leftovers.map((name) => rm(join(folder, basename(name)), { force: true })));
  }
  return {
    cards: () => readAllCards(cardsFolder),
    readOurCard: async (id) => {
      const path = await checkedPath(await ourFolder(cardsFolder, ourCardsFolder), cardFileName(id));
      return await readPlainFile(path);
    },
    writeOurCard: async (id, text) => {
      const path = await checkedPath(await ourFolder(cardsFolder, ourCardsFolder), cardFileName(id));
      await writeFileAtomic(path, text, { mode: 0o644 });
    },
    removeOurCard: async (id) => {
      const path = await checkedPath(await ourFolder(cardsFolder, ourCardsFolder), cardFileName(id));
      const removed = await unlessMissing(unlink(path).then(() => "removed" as const));
      return removed ?? "absent";
    },
  };
}
