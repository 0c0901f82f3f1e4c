import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { Problem } from "../../runtime/problem.js";
import { createState, filesOf, openState, stateFileName, unfinishedRestore } from "./state-database.js";
import { documentSchema, type StateDocument, withRestoredTerm } from "./state-document.js";
import { lockStateFolder } from "./state-lock.js";

/** Everything that a controller knows: its state, and the key that its agents know it by. */
const parts = { state: stateFileName, identity: "identity.pem" } as const;

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

const noState = (folder: string): Problem =>
  new Problem(
    "failed",
    "no_state",
    `there is no controller's state in ${folder}`,
    "Set EXOCTL_HOME to the controller's folder, or start a controller first.",
  );

/**
 * Reads a state folder, also while its controller runs.
 *
 * @throws Problem `no_state`, `state_damaged`, `state_newer`
 */
export async function readStateForBackup(folder: string, exoctlVersion: string, now: number): Promise<StateBackup> {
  const { identity, state } = await readTogether(folder);
  return backupSchema.parse({
    format: "exoctl-backup",
    version: 1,
    madeAt: now,
    exoctlVersion,
    // As it is stored, with text for ids: what reads it makes them ids again.
    state: JSON.parse(JSON.stringify(state)),
    identity,
  });
}

/** The keys and the state of one moment: while the controller's key changes, both are written. */
async function readTogether(folder: string): Promise<{ readonly identity: string; readonly state: StateDocument }> {
  const readIdentity = () =>
    readFile(join(folder, parts.identity), "utf8").catch((error: unknown) => {
      throw isMissing(error) ? noState(folder) : error;
    });
  for (let before = await readIdentity(); ; ) {
    const state = await readState(folder);
    const identity = await readIdentity();
    if (identity === before) return { identity, state };
    before = identity;
  }
}

async function readState(folder: string): Promise<StateDocument> {
  const found = await openState(join(folder, parts.state));
  if (found === undefined) throw noState(folder);
  await found.database.close();
  return found.document;
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
  const marker = join(folder, unfinishedRestore);
  try {
    await writeFileAtomic(marker, "", { mode: 0o600 });
    const before = await setAside(folder, now);
    const state = withRestoredTerm(backup.state);
    // The state comes last: with it, and only then, the folder is a controller's again.
    await writeFileAtomic(join(folder, parts.identity), backup.identity, { mode: 0o600 });
    await createState(join(folder, parts.state), state);
    await rm(marker);
    return before;
  } finally {
    await unlock();
  }
}

async function setAside(folder: string, now: number): Promise<string | undefined> {
  const aside = join(folder, `before-restore-${new Date(now).toISOString().replaceAll(":", "-")}`);
  let moved: string | undefined;
  // The state goes first: a folder without it is not taken for a whole one.
  for (const name of [...filesOf(parts.state), parts.identity]) {
    const there = await stat(join(folder, name)).catch(() => undefined);
    if (there === undefined) continue;
    await mkdir(aside, { mode: 0o700, recursive: true });
    await rename(join(folder, name), join(aside, name));
    moved = aside;
  }
  return moved;
}
