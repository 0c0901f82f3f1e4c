import { Problem } from "../runtime/problem.js";

/** What the machine refused, in words, and what helps. By the system's error code. */
const wordsOf: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  ENOSPC: { what: "the disk is full", hint: "Make room there" },
  EDQUOT: { what: "this user's share of the disk is used up", hint: "Make room there" },
  EROFS: { what: "the disk can't be written to", hint: "Choose another folder" },
  EACCES: { what: "this user may not do that there", hint: "Correct the permissions" },
  EPERM: { what: "this user may not do that there", hint: "Correct the permissions" },
  ENOENT: { what: "a folder on the way is missing or can't be made", hint: "Make it, or choose another" },
  ENOTDIR: { what: "something on the way is not a folder", hint: "Choose another" },
  EEXIST: { what: "something that is not a folder is in the way", hint: "Choose another" },
  EIO: { what: "the disk does not work", hint: "Look at the system's log" },
  EMFILE: { what: "this process may open no further files", hint: "Raise the limit (`ulimit -n`)" },
  ENFILE: { what: "this machine may open no further files", hint: "End other programs" },
};

/** What the machine refused an operation with files, as something a person can mend. Undefined for all other errors. */
export function machineProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const words = wordsOf[error.code];
  // Sockets and programs have words of their own, where they are used.
  if (words === undefined || !("syscall" in error) || /^(listen|bind|connect|spawn)/.test(String(error.syscall)))
    return undefined;
  const path = "path" in error && typeof error.path === "string" ? ` ${error.path}` : "";
  return new Problem(
    "failed",
    error.code.toLowerCase(),
    `can't ${String(error.syscall)}${path}: ${words.what}`,
    `${words.hint}; EXOCTL_HOME says where exoctl keeps its state, TMPDIR where simulations are.`,
    { cause: error },
  );
}
