import { Problem } from "../../runtime/problem.js";
import { DatabaseError } from "./database.js";

/** The file is no state of ours, or what it says can't be. */
export const stateDamaged = (file: string, cause: unknown): Problem =>
  new Problem(
    "failed",
    "state_damaged",
    `The controller's state in ${file} can't be read; it was left as it is`,
    "Put a backup back with `exoctl restore`. If there is none, move the file away, with those of its name that end in -wal and -shm, and start again: the cluster begins anew, and every node has to enrol again.",
    { cause },
  );

/** A restore was killed between taking the old state away and putting the new one there. */
export const restoreUnfinished = (folder: string): Problem =>
  new Problem(
    "failed",
    "restore_unfinished",
    `A restore into ${folder} did not come to its end`,
    "Run `exoctl restore` again. What was there before is in its folder before-restore-...",
  );

export const stateNewer = (file: string): Problem =>
  new Problem(
    "failed",
    "state_newer",
    `The controller's state in ${file} was written by a newer exoctl`,
    "Start that version, or set EXOCTL_HOME to another folder.",
  );

/** A change that did not reach the disk has not happened. */
export function stateNotSaved(file: string, cause: unknown): Problem {
  const full = cause instanceof DatabaseError && cause.code === "SQLITE_FULL";
  const why = full ? "the disk is full" : cause instanceof Error ? cause.message : String(cause);
  return new Problem(
    "failed",
    "state_not_saved",
    `The controller's state in ${file} could not be written: ${why}. Nothing was changed`,
    full ? "Make room on that disk, then do it again." : "Look at the disk that holds the file, then do it again.",
    { cause },
  );
}
