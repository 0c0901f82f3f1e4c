import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../../src/adapters/sqlite/database.js";
import { openStateFolder } from "../../../src/adapters/sqlite/state-folder.js";
import { agentId, nodeName } from "../../../src/cluster/names.js";
import type { DesiredState, Member, StateStore, StoredJoinToken } from "../../../src/controller/state-store.js";
import { aConversion, agents, anAddedModel } from "../../support/added-models.js";

let folder = "";
const open: StateStore[] = [];
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "exoctl-state-")), "home");
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  await rm(join(folder, ".."), { recursive: true, force: true });
});

async function openStore(): Promise<StateStore> {
  const store = await openStateFolder(folder);
  open.push(store);
  return store;
}

/** Changes the file behind the store's back. */
async function change(sql: string): Promise<void> {
  const database = await openDatabase(join(folder, "state.db"));
  await database.write([{ sql }]);
  await database.close();
}

const aToken = (parts: Partial<StoredJoinToken> = {}): StoredJoinToken => ({
  id: "aaaaaaaaaa",
  key: "K".repeat(43),
  createdAt: 1_000,
  expiresAt: 2_000,
  ...parts,
});
const aMember = (name: string, parts: Partial<Member> = {}): Member => ({
  agentId: agentId(`id-of-${name}`),
  name: nodeName(name),
  pin: name.padEnd(43, "A"),
  certificatePem: "pem",
  enrolledAt: 1_500,
  cordoned: false,
  ...parts,
});
const aDesired = (generation: number): DesiredState => ({
  generation,
  appliedAt: 5,
  appliedBy: "up",
  reason: "test",
  models: [{ name: "gpt-oss-120b" }],
});

describe("the state folder", () => {
  test("starts empty, private, with a cluster id", async () => {
    const store = await openStore();
    expect(store.clusterId).toMatch(/^[a-z2-7]{8}$/);
    expect([store.members(), store.tokens(), store.desired(), store.term]).toEqual([[], [], undefined, 1]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  });

  test("keeps everything over a restart, and the term grows", async () => {
    const first = await openStore();
    await first.addToken(aToken({ forName: nodeName("studio-1") }));
    await first.redeemToken("aaaaaaaaaa", aMember("studio-1", { lastAddress: { host: "10.0.0.1", port: 8417 } }));
    await first.saveDesired(aDesired(1));
    const before = [first.members(), first.tokens(), first.desired(), first.clusterId];
    await first.close();
    const second = await openStore();
    expect([second.members(), second.tokens(), second.desired(), second.clusterId]).toEqual(before);
    expect(second.term).toBe(2);
    expect(second.tokens()[0]).toMatchObject({ usedAt: 1_500, usedBy: "id-of-studio-1" });
  });

  test("redeems a token once, however many try at the same time", async () => {
    const store = await openStore();
    await store.addToken(aToken());
    const tries = Array.from({ length: 100 }, (_, index) => store.redeemToken("aaaaaaaaaa", aMember(`n${index}`)));
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === "redeemed")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "used")).toHaveLength(99);
    expect(store.members()).toHaveLength(1);
  });

  test("refuses taken names and keys, and a token meant for another node, and the token stays unused", async () => {
    const store = await openStore();
    for (const id of ["aaaaaaaaaa", "bbbbbbbbbb"]) await store.addToken(aToken({ id }));
    await store.addToken(aToken({ id: "cccccccccc", forName: nodeName("studio-9") }));
    await store.redeemToken("aaaaaaaaaa", aMember("one"));
    const two = aMember("two");
    expect(await store.redeemToken("bbbbbbbbbb", { ...two, name: nodeName("one") })).toBe("name-taken");
    expect(await store.redeemToken("bbbbbbbbbb", { ...two, pin: aMember("one").pin })).toBe("key-taken");
    expect(await store.redeemToken("cccccccccc", aMember("one", { name: nodeName("studio-9") }))).toBe("other-member");
    expect(await store.redeemToken("dddddddddd", two)).toBe("unknown");
    expect(await store.redeemToken("bbbbbbbbbb", two)).toBe("redeemed");
  });

  test("the same agent enrols again with a new key and stays one member", async () => {
    const store = await openStore();
    for (const id of ["aaaaaaaaaa", "bbbbbbbbbb"]) await store.addToken(aToken({ id }));
    await store.redeemToken("aaaaaaaaaa", aMember("one"));
    const renewed = aMember("one", { pin: "N".repeat(43) });
    expect(await store.redeemToken("bbbbbbbbbb", renewed)).toBe("redeemed");
    expect(store.members()).toEqual([renewed]);
  });

  test("changes and removes members", async () => {
    const store = await openStore();
    for (const id of ["aaaaaaaaaa", "bbbbbbbbbb"]) await store.addToken(aToken({ id }));
    await store.redeemToken("aaaaaaaaaa", aMember("one"));
    await store.redeemToken("bbbbbbbbbb", aMember("two"));
    const one = agentId("id-of-one");
    expect(await store.changeMember(one, { cordoned: true, lastAddress: { host: "::1", port: 1 } })).toBe("changed");
    expect(await store.changeMember(one, { name: nodeName("two") })).toBe("name-taken");
    expect(await store.changeMember(agentId("nobody"), { cordoned: true })).toBe("absent");
    expect(store.members().find((member) => member.agentId === one)).toMatchObject({ cordoned: true, name: "one" });
    expect(await store.removeMember(one)).toBe("removed");
    expect(await store.removeMember(one)).toBe("absent");
  });

  test("of two who make the same generation, one is told that it is outdated", async () => {
    const store = await openStore();
    expect(await Promise.all([store.saveDesired(aDesired(1)), store.saveDesired(aDesired(1))])).toEqual([
      "saved",
      "outdated",
    ]);
    expect(await store.saveDesired(aDesired(3))).toBe("outdated");
    expect(await store.saveDesired(aDesired(2))).toBe("saved");
    expect(store.desired()?.generation).toBe(2);
  });

  test("drops tokens a day after they expired", async () => {
    const store = await openStore();
    await store.addToken(aToken());
    await store.addToken(aToken({ id: "bbbbbbbbbb", createdAt: 2_000 + 24 * 3_600_000, expiresAt: 9e9 }));
    expect(store.tokens().map((token) => token.id)).toEqual(["bbbbbbbbbb"]);
  });
});

describe("a state folder in the wrong hands or shape", () => {
  test.each(["{", "SQLite format 3\0 and then nothing of the kind", ""])(
    "a damaged file (%j) is named and left as it is, and the folder stays free",
    async (text) => {
      await (await openStore()).close();
      const file = join(folder, "state.db");
      await writeFile(file, text);
      await expect(openStateFolder(folder)).rejects.toMatchObject({
        code: "state_damaged",
        message: expect.stringContaining(file),
      });
      expect(await readFile(file, "utf8")).toBe(text);
      expect(await readdir(folder)).toEqual(["state.db"]);
    },
  );

  test("what a killed controller has left beside a file that is gone is not laid over the new one", async () => {
    const store = await openStore();
    await store.addToken(aToken());
    const left = join(folder, "..", "left");
    await cp(join(folder, "state.db-wal"), left);
    await store.close();
    await rm(join(folder, "state.db"));
    await rename(left, join(folder, "state.db-wal"));
    const anew = await openStore();
    expect([anew.tokens(), anew.clusterId === store.clusterId]).toEqual([[], false]);
  });

  test("a file of a newer version is left alone", async () => {
    await (await openStore()).close();
    await change("PRAGMA user_version = 2");
    await expect(openStateFolder(folder)).rejects.toMatchObject({ code: "state_newer" });
  });

  test("a folder that others can read is refused", async () => {
    await (await openStore()).close();
    await chmod(folder, 0o755);
    await expect(openStateFolder(folder)).rejects.toMatchObject({ code: "state_exposed" });
    await chmod(folder, 0o700);
  });

  test("a second controller is told who is in the way, and gets the folder when the first has closed", async () => {
    const first = await openStore();
    await expect(openStateFolder(folder)).rejects.toMatchObject({
      code: "state_locked",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.close();
    expect((await openStore()).term).toBe(2);
  });

  test("of many that start at once, one gets the folder", async () => {
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => openStateFolder(folder)));
    const winners = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    open.push(...winners);
    expect(winners).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "state_locked" });
  });

  test("the lock of a dead process is taken over, by one of those who try", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await (await openStore()).close();
    await writeFile(join(folder, "controller.lock"), JSON.stringify({ pid: child.pid, started: "", nonce: "x" }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openStateFolder(folder)));
    const winners = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    open.push(...winners);
    expect(winners).toHaveLength(1);
  });

  test("the lock of an earlier process with the id of a living one is taken over", async () => {
    await (await openStore()).close();
    const lock = { pid: process.pid, started: "an earlier boot", nonce: "x" };
    await writeFile(join(folder, "controller.lock"), JSON.stringify(lock));
    await openStore();
  });

  test("closing leaves the state and nothing else", async () => {
    const store = await openStore();
    const adding = store.addToken(aToken());
    await store.close();
    await adding;
    expect(await readdir(folder)).toEqual(["state.db"]);
    expect((await openStore()).tokens()).toHaveLength(1);
  });
});

describe("models that were added", () => {
  test("are there after a restart, with their own facts where the catalogue has none", async () => {
    const store = await openStore();
    expect(await store.addModel(anAddedModel())).toBe("changed");
    expect(await store.addModel(aConversion({ nodes: agents("a") }))).toBe("changed");
    expect(await store.addModel(anAddedModel())).toBe("unchanged");
    await store.close();
    const again = await openStore();
    expect(again.addedModels()).toEqual([anAddedModel(), aConversion({ nodes: agents("a") })]);
    expect(await again.dropModel(anAddedModel().entry.modelId, "all")).toBe("changed");
    expect(await again.dropModel(anAddedModel().entry.modelId, "all")).toBe("unchanged");
    expect(again.addedModels()).toEqual([aConversion({ nodes: agents("a") })]);
  });

  test("with an entry that could not be one are refused as damage, and the file stays as it is", async () => {
    const store = await openStore();
    await store.addModel(anAddedModel());
    await store.close();
    await change("UPDATE facts SET json = replace(json, 'exoctl/gpt-oss-120b-MXFP4-Q8', '../../etc')");
    const bytes = await readFile(join(folder, "state.db"));
    await expect(openStateFolder(folder)).rejects.toMatchObject({ code: "state_damaged" });
    expect((await readFile(join(folder, "state.db"))).equals(bytes)).toBe(true);
  });
});
