import { open, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Database, DatabaseError, openDatabase } from "./database.js";
import { documentSchema, documentVersion, type StateDocument } from "./state-document.js";
import { stateDamaged, stateNewer, stateNotSaved } from "./state-problems.js";
import { changesBetween, createFacts, documentIn, readFacts } from "./state-rows.js";

/** The controller's state in its folder. */
export const stateFileName = "state.db";

/** Is there from the beginning of a restore to its end: what the folder holds in between is no controller's state. */
export const unfinishedRestore = "restore-under-way";

/** A killed controller leaves what it wrote last in files beside it. They belong together. */
export const filesOf = (file: string): readonly string[] => [file, `${file}-wal`, `${file}-shm`];

/** Whether there is a file of that name. */
export const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * Reads what the file says. Changes nothing.
 *
 * @throws Problem `state_damaged`, `state_newer`
 */
async function read(database: Database, file: string): Promise<StateDocument> {
  const [version] = await database.rows({ sql: "PRAGMA user_version" });
  if (Number(version?.user_version) > documentVersion) throw stateNewer(file);
  const parsed = documentSchema.safeParse(documentIn(await database.rows(readFacts)));
  if (!parsed.success) throw stateDamaged(file, parsed.error);
  return parsed.data;
}

/**
 * Opens the file of a controller's state.
 *
 * @returns undefined where there is none
 * @throws Problem `state_damaged`, `state_newer`; the file is left as it is then
 */
export async function openState(
  file: string,
): Promise<{ readonly database: Database; readonly document: StateDocument } | undefined> {
  if (!(await isThere(file))) return undefined;
  let database: Database | undefined;
  try {
    database = await openDatabase(file);
    return { database, document: await read(database, file) };
  } catch (error) {
    await database?.close();
    throw error instanceof DatabaseError || error instanceof SyntaxError ? stateDamaged(file, error) : error;
  }
}

/**
 * Makes the file, for its owner alone, with this in it: whole or not at all. There must be none.
 *
 * @throws Problem `state_not_saved`
 */
export async function createState(file: string, document: StateDocument): Promise<void> {
  const draft = `${file}.new`;
  for (const name of filesOf(draft)) await rm(name, { force: true });
  try {
    await writeFile(draft, "", { mode: 0o600 });
    await writeState(draft, document);
    // A log that a killed controller has left would be laid over the new file.
    for (const name of filesOf(file).slice(1)) await rm(name, { force: true });
    await rename(draft, file);
    await syncFolder(dirname(file));
  } catch (error) {
    throw stateNotSaved(file, error);
  }
}

async function writeState(draft: string, document: StateDocument): Promise<void> {
  const database = await openDatabase(draft);
  try {
    // Stays with the file. A reader in another process, such as a backup, delays nobody.
    await database.rows({ sql: "PRAGMA journal_mode = WAL" });
    await database.write([
      createFacts,
      ...changesBetween(undefined, document),
      { sql: `PRAGMA user_version = ${documentVersion}` },
    ]);
  } finally {
    // Everything is in the one file then.
    await database.close();
  }
}

/** A new name has reached the disk when its folder has. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
