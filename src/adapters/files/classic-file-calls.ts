import * as files from "node:fs/promises";

/** The calls of the file system that work on an exo 0.0.x goes through, so that each of them can be made to fail. */
export type FileCalls = Pick<
  typeof files,
  "access" | "link" | "open" | "readFile" | "readdir" | "realpath" | "rename" | "stat" | "unlink"
>;

export const fileCalls: FileCalls = files;
