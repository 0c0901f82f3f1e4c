import { constants } from "node:fs";
import { dirname } from "node:path";
import type { ModelsPy, ModelsPyChange } from "../../register/classic/classic-files.js";
import { mostBytes } from "../../register/classic/python-source.js";
import { tooLarge } from "../../register/classic/read-models-py.js";
import { type Refused, refused } from "../../register/classic/refusal.js";
import type { FileCalls } from "./classic-file-calls.js";
import { readHistory } from "./classic-history.js";
import { lockRegistry } from "./classic-lock.js";
import { busy, changedMeanwhile, noPermission, notAFile, notUtf8, recordDamaged } from "./classic-refusals.js";
import { decodeText } from "./classic-text.js";
import { ChangedMeanwhile, type Places, replaceAll } from "./classic-write-steps.js";
import { unlessMissing } from "./registry-paths.js";

/** The registry file of an exo 0.0.x and what we keep beside it: a lock, a record of our edits, copies from before. */
export function openModelsPy(path: string, calls: FileCalls) {
  const places = { path, folder: dirname(path), record: `${path}.exoctl.json`, lock: `${path}.exoctl-lock` };
  return {
    read: () => readModelsPy(places, calls),
    write: (change: ModelsPyChange) => writeModelsPy(places, calls, change),
  };
}

async function readModelsPy({ path, record }: Places, calls: FileCalls): Promise<ModelsPy | Refused> {
  const found = await unlessMissing(calls.stat(path));
  if (found === undefined || !found.isFile()) return refused(notAFile(path));
  if (found.size > mostBytes) return refused(tooLarge(found.size));
  const bytes = await permitted(calls.readFile(path));
  if (bytes === undefined) return refused(noPermission(`read ${path}`));
  const text = decodeText(bytes);
  if (text === undefined) return refused(notUtf8);
  const history = await readHistory(calls, record);
  return history === undefined ? refused(recordDamaged(record)) : { kind: "file", text, history };
}

const denials = new Set(["EACCES", "EPERM", "EROFS"]);
const isDenial = (error: unknown): boolean =>
  error instanceof Error && "code" in error && denials.has(String(error.code));

/** The result, or undefined when the system does not permit it. */
async function permitted<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isDenial(error)) return undefined;
    throw error;
  }
}

async function writeModelsPy(
  places: Places,
  calls: FileCalls,
  change: ModelsPyChange,
): Promise<{ readonly kind: "written" } | Refused> {
  try {
    // The folder's permission is what a rename needs; the file's is what its owner means.
    await calls.access(places.path, constants.W_OK);
    await calls.access(places.folder, constants.W_OK);
    const unlock = await lockRegistry(calls, places.lock);
    if (unlock === undefined) return refused(busy(places.lock));
    try {
      await replaceAll(places, calls, change);
    } finally {
      await unlock();
    }
    return { kind: "written" };
  } catch (error) {
    if (error instanceof ChangedMeanwhile) return refused(changedMeanwhile(places.path));
    if (isDenial(error)) return refused(noPermission(`change ${places.path}`));
    throw error;
  }
}
