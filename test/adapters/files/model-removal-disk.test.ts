import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openModelRemovalDisk } from "../../../src/adapters/files/model-removal-disk.js";
import { modelId } from "../../../src/cluster/names.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { createTempRegistry, type TempRegistry } from "../../support/registry-temp.js";

const id = modelId("mlx-community/gpt-oss-120b-MXFP4-Q8");
const name = "mlx-community--gpt-oss-120b-MXFP4-Q8";
let registry: TempRegistry;
let models: string;
let path: string;
beforeEach(async () => {
  registry = await createTempRegistry();
  [models] = registry.modelsFolders;
  path = join(models, name);
});
afterEach(() => registry.remove());

/** A complete model that a sync has put there. */
async function placeModel(): Promise<void> {
  await registry.addModel(path);
  await registry.placed.remember(path, "sync");
}

async function find() {
  const [folder] = await (await registry.openRemoval()).find(id);
  if (folder === undefined) throw new Error("there is no such folder");
  return folder;
}

describe("what is found", () => {
  test("says whose it is, how many bytes it has, and who needs it", async () => {
    await placeModel();
    await truncate(join(path, "model-00001-of-00002.safetensors"), 5_000);
    await symlink(path, join(models, "exoctl--mine"), "dir");
    expect(await find()).toMatchObject({ path, kind: "folder", placedBy: "sync", complete: true, files: 3 });
    const index = (await readFile(join(path, "model.safetensors.index.json"))).byteLength;
    expect((await find()).bytes).toBe(5_000 + "weights".length + index);
    expect((await find()).linkedAs).toEqual(["exoctl/mine"]);
  });

  test("does not count what links in it lead to, and does not enter them", async () => {
    const elsewhere = join(registry.root, "elsewhere");
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, "large"), "x".repeat(10_000));
    await mkdir(path);
    await symlink(elsewhere, join(path, "folder"), "dir");
    await symlink(join(elsewhere, "large"), join(path, "file"));
    expect(await find()).toMatchObject({ bytes: 0, files: 0, complete: false });
  });

  test("of somebody else has nobody's mark, in every models folder", async () => {
    await registry.addModel(path);
    await registry.addModel(join(registry.modelsFolders[1] ?? "", name));
    const folders = await (await registry.openRemoval()).find(id);
    expect(folders.map(({ placedBy }) => placedBy)).toEqual([undefined, undefined]);
  });
});

describe("a folder that is set aside", () => {
  test("is gone for exo at once, is no longer ours, and is deleted afterwards", async () => {
    await placeModel();
    const removal = await registry.openRemoval();
    const finish = await removal.setAside(await find());
    expect(await removal.find(id)).toEqual([]);
    expect(await registry.placed.placedBy(path)).toBeUndefined();
    expect(await readdir(models)).toEqual([`.exoctl-remove-${name}`]);
    await finish();
    expect(await readdir(models)).toEqual([]);
  });

  test("takes links in it along and leaves alone what they lead to", async () => {
    const elsewhere = join(registry.root, "elsewhere");
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, "weights"), "keep me");
    await mkdir(path);
    await symlink(elsewhere, join(path, "folder"), "dir");
    await symlink(join(elsewhere, "weights"), join(path, "file"));
    const removal = await registry.openRemoval();
    await (await removal.setAside(await find()))();
    expect(await readFile(join(elsewhere, "weights"), "utf8")).toBe("keep me");
    expect(await readdir(models)).toEqual([]);
  });

  test("that became a link meanwhile, or lies elsewhere, is left alone", async () => {
    await registry.addModel(path);
    const removal = await registry.openRemoval();
    const folder = await find();
    const other = await registry.addModel(join(registry.root, "other"));
    await rm(path, { recursive: true });
    await symlink(other, path, "dir");
    await expect(removal.setAside(folder)).rejects.toThrow(/is no longer a folder/);
    await expect(removal.setAside({ ...folder, path: other })).rejects.toThrow(/not a model's folder/);
    expect(await readdir(other)).toHaveLength(3);
  });

  test("comes back when it can't be written down that it is no longer ours", async () => {
    await placeModel();
    const full = {
      ...registry.placed,
      forget: () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })),
    };
    const removal = await openModelRemovalDisk(registry, await registry.open(), full, silentLogger);
    await expect(removal.setAside(await find())).rejects.toThrow(/was left in place.*ENOSPC/);
    expect(await find()).toMatchObject({ placedBy: "sync", complete: true });
  });
});

describe("an agent that was killed with -9", () => {
  const kill = (moment: string) => {
    const { cardsFolder, modelsFolders, linkRecordFile } = registry;
    const places = JSON.stringify({ cardsFolder, modelsFolders, linkRecordFile });
    const child = ["test/support/removal-killed.ts", places, join(registry.root, "placed-folders.json"), id, moment];
    return spawnSync(process.execPath, ["--import", "./test/support/run-typescript.js", ...child], {
      encoding: "utf8",
    });
  };

  test.each(["before the record", "before the first file", "after the first file"])(
    "%s leaves no model that looks complete, and the next start finishes",
    async (moment) => {
      await placeModel();
      const { signal, stderr } = kill(moment);
      expect(signal, stderr).toBe("SIGKILL");
      expect(await (await registry.open()).foldersOf(id)).toEqual([]);
      expect((await readdir(models)).filter((each) => each.startsWith(".exoctl-remove-"))).toHaveLength(1);
      // exo has downloaded it again meanwhile: that one is not ours.
      await registry.addModel(path);
      const [again] = await (await registry.openRemoval()).find(id);
      expect(again).toMatchObject({ complete: true });
      expect(again?.placedBy).toBeUndefined();
      expect(await readdir(models)).toEqual([name]);
    },
  );
});

describe("a note that makes exo forget", () => {
  const file = () => join(registry.cardsFolder, `${name}.toml`);

  test("stands where exo would save the card, defines no model, and is swept at the next start", async () => {
    await mkdir(registry.cardsFolder);
    const removal = await registry.openRemoval();
    expect([await removal.leaveForgetNote(id), await removal.leaveForgetNote(id)]).toEqual(["left", "left"]);
    expect(await readFile(file(), "utf8")).toMatch(/^# Written by exoctl[^\n]*\n$/);
    await registry.openRemoval();
    expect(await readdir(registry.cardsFolder)).toEqual([]);
    await removal.leaveForgetNote(id);
    await removal.clearForgetNote(id);
    expect(await readdir(registry.cardsFolder)).toEqual([]);
  });

  test("never replaces what somebody else wrote there, a link included, and never removes it", async () => {
    await mkdir(registry.cardsFolder);
    await writeFile(file(), "model_id = 'mine'\n");
    const removal = await registry.openRemoval();
    expect(await removal.leaveForgetNote(id)).toBe("taken");
    await removal.clearForgetNote(id);
    expect(await readFile(file(), "utf8")).toBe("model_id = 'mine'\n");
    await rm(file());
    await symlink("/nowhere/at/all", file());
    expect(await removal.leaveForgetNote(id)).toBe("taken");
  });
});
