import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { randomName } from "../../controller/join-token.js";
import type { StateStore } from "../../controller/state-store.js";
import type { ApiKey } from "../../gateway/keys/api-key.js";
import { Problem } from "../../runtime/problem.js";
import { withKey, withKeyUsage, withRevokedKey } from "./keys-in-state.js";
import {
  type Change,
  documentSchema,
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

const fileName = "state.json";

/** The same list at every call: who reads it sees whether it has changed. */
const noKeys: readonly ApiKey[] = [];

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

const damaged = (file: string, cause: unknown): Problem =>
  new Problem(
    "failed",
    "state_damaged",
    `The controller's state in ${file} can't be read; it was left as it is`,
    "Put the file back from a backup. If there is none, move it away and start again: the cluster begins anew, and every node has to enrol again.",
    { cause },
  );

const newer = (file: string): Problem =>
  new Problem(
    "failed",
    "state_newer",
    `The controller's state in ${file} was written by a newer exoctl`,
    "Start that version, or set EXOCTL_HOME to another folder.",
  );

async function readDocument(file: string): Promise<StateDocument | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw damaged(file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(file, error);
  }
  const version = z.object({ version: z.int() }).safeParse(value);
  if (version.success && version.data.version > documentVersion) throw newer(file);
  const parsed = documentSchema.safeParse(value);
  if (!parsed.success) throw damaged(file, parsed.error);
  return parsed.data;
}

/** Replaces the file whole, and resolves when both the contents and the name have reached the disk. */
async function writeDocument(folder: string, document: StateDocument): Promise<void> {
  await writeFileAtomic(join(folder, fileName), `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 });
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

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

/** One document in memory that is always the one on disk, and changes to it one after the other. */
function createWriter(folder: string, first: StateDocument) {
  let current = first;
  let last: Promise<unknown> = Promise.resolve();
  const change = <T>(compute: (document: StateDocument) => Change<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      const { next, outcome } = compute(current);
      if (next !== current) await writeDocument(folder, next);
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

/**
 * Opens the controller's state in a folder of this user alone, made when it is not there, and takes it for this process.
 *
 * @throws Problem `state_locked` while another controller uses it, `state_damaged`, `state_newer` or `state_exposed`; nothing in
 * the folder is changed then.
 */
export async function openStateFolder(folder: string): Promise<StateStore> {
  await preparePrivateFolder(folder);
  const unlock = await lockStateFolder(folder);
  try {
    const before: StateDocument = (await readDocument(join(folder, fileName))) ?? {
      version: documentVersion,
      clusterId: randomName(8, randomBytes),
      term: 0,
      members: [],
      tokens: [],
    };
    const document = { ...before, term: before.term + 1 };
    // Before anybody may act under this term.
    await writeDocument(folder, document);
    const { read, change, settled } = createWriter(folder, document);
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
        closing ??= settled().then(unlock);
        return closing;
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
