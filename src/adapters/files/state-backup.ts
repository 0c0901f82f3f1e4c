import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { Problem } from "../../runtime/problem.js";
import { documentSchema, withRestoredTerm } from "./state-document.js";
import { lockStateFolder } from "./state-lock.js";

/** Everything that a controller knows: its state, and the key that its agents know it by. */
const parts = { state: "state.json", identity: "identity.pem" } as const;

const backupSchema = z.strictObject({
  format: z.literal("exoctl-backup"),
  version: z.literal(1),
  /** Milliseconds since the Unix epoch. */
  madeAt: z.number().nonnegative(),
  exoctlVersion: z.string(),
  state: documentSchema,
  identity: z.string().startsWith("-----BEGIN "),
});

/** What a controller knows, at one moment. */
export type StateBackup = z.output<typeof backupSchema>;

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Reads a state folder, also while its controller runs: every file is replaced whole. @throws Problem `no_state` */
export async function readStateForBackup(folder: string, exoctlVersion: string, now: number): Promise<StateBackup> {
  try {
    const [state, identity] = await Promise.all([
      readFile(join(folder, parts.state), "utf8"),
      readFile(join(folder, parts.identity), "utf8"),
    ]);
    const raw = { format: "exoctl-backup", version: 1, madeAt: now, exoctlVersion, state: JSON.parse(state), identity };
    return backupSchema.parse(raw);
  } catch (cause) {
    if (isMissing(cause))
      throw new Problem(
        "failed",
        "no_state",
        `there is no controller's state in ${folder}`,
        "Set EXOCTL_HOME to the controller's folder, or start a controller first.",
        { cause },
      );
    throw new Problem(
      "failed",
      "state_damaged",
      `the controller's state in ${folder} can't be read, so it was not backed up`,
      "Look at the file, or put an earlier backup back with `exoctl restore`.",
      { cause },
    );
  }
}

/** @throws Problem `not_a_backup` */
export function parseBackup(text: string): StateBackup {
  try {
    return backupSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem(
      "failed",
      "not_a_backup",
      "what the file holds is not a backup of this exoctl's",
      "It may come from a newer exoctl: restore it with that one.",
      { cause },
    );
  }
}

/**
 * Puts a backup in place. What was there before is kept beside it. The lease term is far above the backup's, so that agents which
 * have served a later controller listen to this one; join tokens are left out, since some may have been used since.
 *
 * @returns the folder that holds what was there before; undefined when there was nothing
 * @throws Problem `state_locked` while a controller runs there
 */
export async function restoreState(folder: string, backup: StateBackup, now: number): Promise<string | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockStateFolder(folder);
  try {
    const before = await setAside(folder, now);
    const state = withRestoredTerm(backup.state);
    // The state comes last: with it, and only then, the folder is a controller's again.
    await writeFileAtomic(join(folder, parts.identity), backup.identity, { mode: 0o600 });
    await writeFileAtomic(join(folder, parts.state), `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
    return before;
  } finally {
    await unlock();
  }
}

async function setAside(folder: string, now: number): Promise<string | undefined> {
  const aside = join(folder, `before-restore-${new Date(now).toISOString().replaceAll(":", "-")}`);
  let moved: string | undefined;
  // The state goes first: a folder without it is not taken for a whole one.
  for (const name of [parts.state, parts.identity]) {
    const there = await stat(join(folder, name)).catch(() => undefined);
    if (there === undefined) continue;
    await mkdir(aside, { mode: 0o700, recursive: true });
    await rename(join(folder, name), join(aside, name));
    moved = aside;
  }
  return moved;
}
