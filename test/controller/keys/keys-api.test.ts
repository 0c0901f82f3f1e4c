import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStateFolder } from "../../../src/adapters/sqlite/state-folder.js";
import { createKeysApi } from "../../../src/controller/keys/create-keys-api.js";
import type { KeyRequest } from "../../../src/controller/keys/keys-api.js";
import type { StateStore } from "../../../src/controller/state-store.js";
import { createFindKey } from "../../../src/gateway/keys/find-key.js";
import { withMoreUsage } from "../../../src/gateway/keys/key-usage.js";
import { createManualClock } from "../../support/agent-manual-clock.js";

let folder = "";
let store: StateStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-keys-"));
  store = await openStateFolder(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const wanted: KeyRequest = { name: "ci", scopes: ["models"], limits: { concurrency: 2 }, models: ["think"] };

function anApi() {
  const ended: string[] = [];
  const clock = createManualClock();
  const usageOf = (id: string) => store.keyUsage()[id];
  return {
    ended,
    clock,
    api: createKeysApi({ store, usageOf, endRequestsOf: (id) => void ended.push(id), clock, randomBytes }),
  };
}

test("a key is found by its text, which no file and no list repeats", async () => {
  const { api } = anApi();
  const { key, id } = await api.createKey(wanted);
  expect(createFindKey(store.keys)(key)).toMatchObject({ id, name: "ci", models: ["think"] });
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "latin1")));
  const kept = files.join() + JSON.stringify(api.listKeys());
  expect(kept).toContain(id);
  expect(kept).not.toContain(key.slice("exoctl_".length));
  expect(JSON.stringify(api.listKeys())).not.toContain(store.keys()[0]?.sha256);
});

test("keys, and what was used with them, outlive the controller", async () => {
  const { api, clock } = anApi();
  const { key, id } = await api.createKey({ ...wanted, expiresAt: clock.now() + 5 });
  const used = withMoreUsage(undefined, { requests: 1, promptTokens: 7, completionTokens: 9 }, clock.now());
  await store.saveKeyUsage({ [id]: used });
  const before = api.listKeys();
  await store.close();
  store = await openStateFolder(folder);
  expect(createFindKey(store.keys)(key)?.id).toBe(id);
  expect(api.listKeys()).toEqual(before);
  expect(before).toMatchObject([{ id, usage: { today: { requests: 1 }, total: { promptTokens: 7 } } }]);
});

test("a revoked key stays in the list, and what is answered for it is ended", async () => {
  const { api, ended } = anApi();
  const { id } = await api.createKey(wanted);
  expect(await api.revokeKey({ id })).toEqual({ id, name: "ci", outcome: "changed" });
  expect(await api.revokeKey({ id })).toMatchObject({ outcome: "unchanged" });
  expect(api.listKeys()).toMatchObject([{ id, state: "revoked" }]);
  expect(ended).toEqual([id, id]);
});

test("what is no id is told so, without repeating what may be a key", async () => {
  const { api } = anApi();
  const { key } = await api.createKey(wanted);
  const error = await api.revokeKey({ id: key }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "usage", code: "unknown_key" });
  expect(String(error)).not.toContain(key);
  await expect(api.revokeKey({ id: "key_zzzzzzzzzz" })).rejects.toMatchObject({ code: "unknown_key" });
});

test("a key that has expired already is not made", async () => {
  const { api, clock } = anApi();
  await expect(api.createKey({ ...wanted, expiresAt: clock.now() })).rejects.toMatchObject({ code: "bad_expiry" });
  expect(store.keys()).toEqual([]);
});
