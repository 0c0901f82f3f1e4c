import { Problem } from "../../runtime/problem.js";
import { CopyDiskError } from "../sync/model-disk.js";
import { WrongBytesError } from "./copy-pieces.js";

export const bundleProblem = (code: string, message: string, hint: string): Problem =>
  new Problem("failed", code, message, hint);

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

/** Room for the small files of a bundle, and for what the system writes meanwhile. */
const reserveBytes = 64 * 1024 * 1024;

/** @throws Problem when the disk has not enough room for what is still to be copied */
export function checkRoom(neededBytes: number, freeBytes: number, where: string): void {
  if (neededBytes + reserveBytes <= freeBytes) return;
  throw bundleProblem(
    "disk_too_small",
    `${gigabytes(neededBytes + reserveBytes)} are needed at ${where}, and ${gigabytes(freeBytes)} are free`,
    "Make room there, or choose another disk. What is already copied is kept.",
  );
}

const diskWords: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the disk can only be read",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EIO: "the disk has failed",
  EFBIG: "the disk takes no file of this size; FAT32 ends at 4 GB, exFAT and APFS do not",
};

/** Puts what the disk refuses, and what a bundle gets wrong, into words that name the place. */
export async function inWords<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WrongBytesError)
      throw bundleProblem(
        "wrong_bytes",
        `${error.path} is not what the manifest says: a byte was changed, or the file is still being written`,
        "Nothing was put in place. Copy the file anew from where it is right, then run this again.",
      );
    if (!(error instanceof CopyDiskError)) throw error;
    const what = diskWords[error.code] ?? error.message;
    throw bundleProblem(
      "disk",
      `can't write at ${where}: ${what}`,
      "What was copied stays there; run the command again once that is mended.",
    );
  }
}
