import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWithPassphrase, sealWithPassphrase } from "../../../src/adapters/backup/age-box.js";
import { parseBackup, readStateForBackup, restoreState } from "../../../src/adapters/sqlite/state-backup.js";
import { openStateFolder } from "../../../src/adapters/sqlite/state-folder.js";
import { loadOrCreateIdentity } from "../../../src/adapters/tls/identity.js";
import { aMember } from "../../support/controller-house.js";

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-backup-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const pin = "A".repeat(43);

/** A controller that has run a few times, has a node, and a token that is still open. */
async function aController(folder: string) {
  const identity = await loadOrCreateIdentity(folder, "test");
  for (let starts = 0; starts < 3; starts += 1) await (await openStateFolder(folder)).close();
  const store = await openStateFolder(folder);
  await store.addToken({ id: "aaaaaaaaaa", key: pin, createdAt: now, expiresAt: now + 1 });
  await store.redeemToken("aaaaaaaaaa", aMember("studio-1", { pin }));
  await store.addToken({ id: "bbbbbbbbbb", key: pin, createdAt: now, expiresAt: now + 1 });
  const { clusterId, term } = store;
  await store.close();
  return { identity, clusterId, term };
}

test("what was backed up comes back: the same cluster, key and nodes, a far higher term, and no tokens", async () => {
  const [old, fresh] = [join(root, "old"), join(root, "fresh")];
  const before = await aController(old);
  const text = JSON.stringify(await readStateForBackup(old, "1.0.0", now));
  const sealed = await sealWithPassphrase(text, "four unrelated words", 4);
  expect(Buffer.from(sealed).includes("studio-1")).toBe(false);
  const backup = parseBackup(await openWithPassphrase(sealed, "four unrelated words"));
  expect(await restoreState(fresh, backup, now)).toBeUndefined();
  expect((await loadOrCreateIdentity(fresh, "test")).pin).toBe(before.identity.pin);
  for (const name of ["state.db", "identity.pem"]) expect((await stat(join(fresh, name))).mode & 0o777).toBe(0o600);
  const store = await openStateFolder(fresh);
  expect(store).toMatchObject({ clusterId: before.clusterId });
  expect(store.members().map(({ name }) => name)).toEqual(["studio-1"]);
  expect(store.tokens()).toEqual([]);
  expect(store.term).toBeGreaterThan(before.term + 100_000);
  await store.close();
});

test("what was there before a restore is kept beside it", async () => {
  const folder = join(root, "one");
  await aController(folder);
  const backup = await readStateForBackup(folder, "1.0.0", now);
  const state = await readFile(join(folder, "state.db"));
  const before = await restoreState(folder, backup, now);
  expect(before).toMatch(/before-restore-2026-01-02T03-04-05/);
  expect(await readdir(before ?? "")).toEqual(["identity.pem", "state.db"]);
  expect((await readFile(join(before ?? "", "state.db"))).equals(state)).toBe(true);
});

test("a restore that was cut off is gone on with, and no new cluster begins in between", async () => {
  const folder = join(root, "one");
  const { clusterId } = await aController(folder);
  const backup = await readStateForBackup(folder, "1.0.0", now);
  for (const name of ["state.db", "identity.pem"]) await rm(join(folder, name));
  await writeFile(join(folder, "restore-under-way"), "");
  await expect(openStateFolder(folder)).rejects.toMatchObject({ code: "restore_unfinished" });
  await restoreState(folder, backup, now);
  const store = await openStateFolder(folder);
  expect(store.clusterId).toBe(clusterId);
  await store.close();
});

test("nothing is touched while a controller runs there, or when the passphrase or the file is wrong", async () => {
  const folder = join(root, "one");
  await aController(folder);
  const backup = await readStateForBackup(folder, "1.0.0", now);
  const running = await openStateFolder(folder);
  await expect(restoreState(folder, backup, now)).rejects.toMatchObject({ code: "state_locked" });
  await running.close();
  const sealed = await sealWithPassphrase(JSON.stringify(backup), "four unrelated words", 4);
  await expect(openWithPassphrase(sealed, "five unrelated words")).rejects.toMatchObject({ code: "backup_closed" });
  for (const at of [0, 40, sealed.length >> 1, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(openWithPassphrase(changed, "four unrelated words")).rejects.toMatchObject({ code: "backup_closed" });
  }
});

test("a folder without a controller, a damaged state and a file of another kind are named as such", async () => {
  const folder = join(root, "none");
  await expect(readStateForBackup(folder, "1.0.0", now)).rejects.toMatchObject({ code: "no_state" });
  await mkdir(folder, { mode: 0o700 });
  await loadOrCreateIdentity(folder, "test");
  await writeFile(join(folder, "state.db"), "{}");
  await expect(readStateForBackup(folder, "1.0.0", now)).rejects.toMatchObject({ code: "state_damaged" });
  expect(() => parseBackup('{"format":"exoctl-backup","version":2}')).toThrow("not a backup");
});
