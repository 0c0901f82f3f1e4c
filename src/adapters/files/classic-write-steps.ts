import type { Stats } from "node:fs";
import { join } from "node:path";
import type { ModelsPyChange } from "../../register/classic/classic-files.js";
import { digestOf, type RegistryEdit } from "../../register/classic/edit-history.js";
import type { FileCalls } from "./classic-file-calls.js";
import { historyText, readHistory } from "./classic-history.js";
import { draftEnding, replaceFile } from "./classic-replace-file.js";
import { decodeText } from "./classic-text.js";
import { unlessMissing } from "./registry-paths.js";

/** Where an exo 0.0.x keeps its registry, and where we keep what we know of it. */
export interface Places {
  readonly path: string;
  readonly folder: string;
  readonly record: string;
  readonly lock: string;
}

/** The file was changed while we worked. */
export class ChangedMeanwhile extends Error {
  override readonly name = "ChangedMeanwhile";
}

/**
 * A new edit is written down before it is made, and struck out after it has been taken back: whatever stops us in between, the
 * record has at least what is in the file.
 */
export async function replaceAll(places: Places, calls: FileCalls, change: ModelsPyChange): Promise<void> {
  await removeDrafts(places, calls);
  await expectText(places, calls, change.before);
  const like = await calls.stat(places.path);
  const stored = (await readHistory(calls, places.record)) ?? [];
  const newest = change.history.at(-1);
  const isNew = newest?.before === change.before && newest.after === digestOf(change.text);
  if (isNew) await keepCopy(places, calls, newest, like);
  if (isNew) await writeRecord(places, calls, change.history, like);
  try {
    await replaceFile(calls, places.path, change.text, like, () => expectText(places, calls, change.before));
  } catch (error) {
    // Best effort: a record of an edit that was never made is recognised as such anyway, unless the file is changed as well.
    if (isNew && (await isStill(places, calls, change.text)) === "no")
      await writeRecord(places, calls, stored, like).catch(() => {});
    throw error;
  }
  if (!isNew) await writeRecord(places, calls, change.history, like);
  await removeCopies(places, calls, stored, change.history);
}

async function expectText({ path }: Places, calls: FileCalls, digest: string): Promise<void> {
  const text = decodeText(await calls.readFile(path));
  if (text === undefined || digestOf(text) !== digest) throw new ChangedMeanwhile();
}

async function isStill({ path }: Places, calls: FileCalls, text: string): Promise<"yes" | "no"> {
  const found = await calls.readFile(path, "utf8").catch(() => undefined);
  return found === text ? "yes" : "no";
}

async function keepCopy({ path, folder }: Places, calls: FileCalls, edit: RegistryEdit, like: Stats): Promise<void> {
  const copy = join(folder, edit.backup);
  const kept = await unlessMissing(calls.readFile(copy, "utf8"));
  if (kept !== undefined && digestOf(kept) === edit.before) return;
  await replaceFile(calls, copy, await calls.readFile(path, "utf8"), like);
}

async function writeRecord(
  { record }: Places,
  calls: FileCalls,
  history: readonly RegistryEdit[],
  like: Stats,
): Promise<void> {
  if (history.length > 0) await replaceFile(calls, record, historyText(history), like);
  else await unlessMissing(calls.unlink(record));
}

/** Copies of ours that no edit refers to any longer. */
async function removeCopies(
  { folder }: Places,
  calls: FileCalls,
  before: readonly RegistryEdit[],
  after: readonly RegistryEdit[],
): Promise<void> {
  const needed = new Set(after.map(({ backup }) => backup));
  for (const name of new Set(before.map(({ backup }) => backup)))
    if (!needed.has(name)) await unlessMissing(calls.unlink(join(folder, name)));
}

/** We hold the lock, so whatever draft is here was left by a run that was killed. */
async function removeDrafts({ folder }: Places, calls: FileCalls): Promise<void> {
  for (const name of await calls.readdir(folder))
    if (name.startsWith("models.py.") && name.endsWith(draftEnding))
      await unlessMissing(calls.unlink(join(folder, name)));
}
