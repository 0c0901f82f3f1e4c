import { randomBytes } from "node:crypto";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { randomName } from "../../controller/join-token.js";
import type { StateStore } from "../../controller/state-store.js";
import type { ApiKey } from "../../gateway/keys/api-key.js";
import { Problem } from "../../runtime/problem.js";
import type { Database } from "./database.js";
import { withKey, withKeyUsage, withRevokedKey } from "./keys-in-state.js";
import { createState, isThere, openState, stateFileName, unfinishedRestore } from "./state-database.js";
import {
  type Change,
  documentVersion,
  type StateDocument,
  withAddedModel,
  withChangedMember,
  withDesired,
  withoutAddedModel,
  withoutMember,
  withoutToken,
  withRedeemedToken,
  withToken,
} from "./state-document.js";
import { lockStateFolder } from "./state-lock.js";
import { restoreUnfinished, stateDamaged, stateNotSaved } from "./state-problems.js";
import { changesBetween } from "./state-rows.js";

/** The same list at every call: who reads it sees whether it has changed. */
const noKeys: readonly ApiKey[] = [];

async function preparePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (((await stat(folder)).mode & 0o077) === 0) return;
  throw new Problem(
    "failed",
    "state_exposed",
    `Other users of this machine can look into ${folder}, where the controller keeps its keys`,
    `Run: chmod 700 "${folder}"`,
  );
}

const emptyDocument = (): StateDocument => ({
  version: documentVersion,
  clusterId: randomName(8, randomBytes),
  term: 0,
  members: [],
  tokens: [],
});

/** One document in memory that is always the one on disk, and changes to it one after the other. */
function createWriter(database: Database, file: string, first: StateDocument) {
  let current = first;
  let last: Promise<unknown> = Promise.resolve();
  const change = <T>(compute: (document: StateDocument) => Change<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      const { next, outcome } = compute(current);
      if (next !== current) await save(database, file, changesBetween(current, next));
      current = next;
      return outcome;
    };
    const done = last.then(run);
    // A change that failed left the document as it was: the next one may go ahead.
    last = done.catch(() => {});
    return done;
  };
  return { read: () => current, change, settled: () => last };
}

const save = (database: Database, file: string, changes: Parameters<Database["write"]>[0]): Promise<void> =>
  database.write(changes).catch((error: unknown) => {
    throw stateNotSaved(file, error);
  });

/** What the folder holds, with the next term in it: before anybody may act under that. */
async function beginTerm(file: string): Promise<{ readonly database: Database; readonly document: StateDocument }> {
  let found = await openState(file);
  if (found === undefined) {
    await createState(file, emptyDocument());
    found = await openState(file);
  }
  if (found === undefined) throw stateDamaged(file, new Error("the file that was just made is gone"));
  const { database, document: before } = found;
  const document = { ...before, term: before.term + 1 };
  try {
    await save(database, file, changesBetween(before, document));
  } catch (error) {
    await database.close();
    throw error;
  }
  return { database, document };
}

/**
 * Opens the controller's state in a folder of this user alone, made when it is not there, and takes it for this process.
 *
 * @throws Problem `state_locked` while another controller uses it, `state_damaged`, `state_newer`, `state_exposed` or `restore_unfinished`; nothing in
 * the folder is changed then. `state_not_saved` when the disk is full.
 */
export async function openStateFolder(folder: string): Promise<StateStore> {
  await preparePrivateFolder(folder);
  const unlock = await lockStateFolder(folder);
  try {
    if (await isThere(join(folder, unfinishedRestore))) throw restoreUnfinished(folder);
    const file = join(folder, stateFileName);
    const { database, document } = await beginTerm(file);
    const { read, change, settled } = createWriter(database, file, document);
    let closing: Promise<void> | undefined;
    return {
      clusterId: document.clusterId,
      term: document.term,
      members: () => read().members,
      tokens: () => read().tokens,
      desired: () => read().desired,
      addedModels: () => read().addedModels ?? [],
      addToken: (token) => change((now) => withToken(now, token)),
      redeemToken: (id, member) => change((now) => withRedeemedToken(now, id, member)),
      changeMember: (id, part) => change((now) => withChangedMember(now, id, part)),
      removeMember: (id) => change((now) => withoutMember(now, id)),
      removeToken: (id) => change((now) => withoutToken(now, id)),
      saveDesired: (desired) => change((now) => withDesired(now, desired)),
      addModel: (model) => change((now) => withAddedModel(now, model)),
      dropModel: (modelId, nodes) => change((now) => withoutAddedModel(now, modelId, nodes)),
      keys: () => read().keys ?? noKeys,
      keyUsage: () => read().keyUsage ?? {},
      addKey: (key) => change((now) => withKey(now, key)),
      revokeKey: (id, at) => change((now) => withRevokedKey(now, id, at)),
      saveKeyUsage: (used) => change((now) => withKeyUsage(now, used)),
      close: () => {
        closing ??= settled().then(database.close).then(unlock);
        return closing;
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
