import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeRegistry } from "../../../src/agent/describe-registry.js";
import { ensureEntry } from "../../../src/agent/ensure-entry.js";
import { removeEntry } from "../../../src/agent/remove-entry.js";
import { modelId } from "../../../src/cluster/names.js";
import { filesOfIndex } from "../../../src/register/safetensors-index.js";
import { smallGptOss } from "../../support/fake-model.js";
import { mlxFolder, writeFolder } from "../../support/fake-model-files.js";
import { anEntry, variants } from "../../support/registry-entries.js";
import { createTempRegistry, type TempRegistry } from "../../support/registry-temp.js";

const id = modelId("local/gpt-oss-tiny-4bit");
const entry = anEntry({ modelId: id, weightsOf: id });
const indexName = "model.safetensors.index.json";

let registry: TempRegistry;
let models: string;
let localFolder: string;
let source: string;
let place: string;

beforeEach(async () => {
  registry = await createTempRegistry();
  [models] = registry.modelsFolders;
  [localFolder = ""] = registry.localModelsFolders ?? [];
  source = join(localFolder, "gpt-oss-tiny-4bit");
  place = join(models, "local--gpt-oss-tiny-4bit");
});
afterEach(() => registry.remove());

const ensure = async () => await ensureEntry(await registry.open(), entry, variants["1.0.71"]);
const report = async () => await describeRegistry(await registry.open(), registry.placed);

/** A conversion in one file, as exo would never take it for complete. */
async function writeSingle(): Promise<void> {
  const files = mlxFolder(smallGptOss, "MXFP4-Q8", 1);
  writeFolder(source, new Map([...files].filter(([name]) => name !== indexName)));
  await rename(join(source, "model-00001-of-00001.safetensors"), join(source, "model.safetensors"));
}

describe("a conversion with an index", () => {
  beforeEach(() => writeFolder(source, mlxFolder(smallGptOss, "MXFP4-Q8")));

  test("gets a link, once", async () => {
    expect(await report()).toEqual({ cards: [], models: [], localModels: [{ modelId: id, complete: true }] });
    expect(await ensure()).toEqual({ entry: "created", weights: "linked" });
    expect(await readlink(place)).toBe(source);
    expect(await ensure()).toEqual({ entry: "unchanged", weights: "already-linked" });
    expect((await report()).models).toMatchObject([{ modelId: id, complete: true, link: "ours" }]);
  });

  test("is the source of an entry under another id, and of none when a file is missing", async () => {
    const other = anEntry({ weightsOf: id });
    await rm(join(source, "model-00002-of-00003.safetensors"));
    expect(await ensureEntry(await registry.open(), other, variants["1.0.71"])).toMatchObject({ weights: "missing" });
    expect((await report()).localModels).toEqual([{ modelId: id, complete: false }]);
    writeFolder(source, mlxFolder(smallGptOss, "MXFP4-Q8"));
    expect(await ensureEntry(await registry.open(), other, variants["1.0.71"])).toMatchObject({ weights: "linked" });
    expect(await readlink(join(models, "exoctl--gpt-oss-120b-MXFP4-Q8"))).toBe(source);
  });

  test("replaces the empty folder that exo leaves behind, and nothing that has content", async () => {
    await mkdir(place, { recursive: true });
    expect(await ensure()).toMatchObject({ weights: "linked" });
    await rm(place);
    await mkdir(place);
    await writeFile(join(place, "precious"), "x");
    await expect(ensure()).rejects.toMatchObject({ code: "not_possible" });
    expect(await readFile(join(place, "precious"), "utf8")).toBe("x");
  });

  test("goes with its entry, and its files stay", async () => {
    await ensure();
    expect(await removeEntry(await registry.open(), id)).toBe("removed");
    expect(await readdir(models)).toEqual([]);
    expect(await readdir(source)).toContain(indexName);
  });
});

describe("a conversion in one file without an index", () => {
  beforeEach(writeSingle);

  test("gets a folder of links with an index that names every tensor, which exo takes for complete", async () => {
    expect(await ensure()).toEqual({ entry: "created", weights: "linked" });
    expect((await lstat(place)).isDirectory()).toBe(true);
    expect(await readlink(join(place, "model.safetensors"))).toBe(join(source, "model.safetensors"));
    const index = await readFile(join(place, indexName), "utf8");
    expect(filesOfIndex(index)).toEqual(["model.safetensors"]);
    const { metadata, weight_map: map } = JSON.parse(index);
    const header = await readFile(join(source, "model.safetensors"));
    const { __metadata__: _format, ...tensors } = JSON.parse(
      header.subarray(8, 8 + Number(header.readBigUInt64LE(0))).toString(),
    );
    expect(Object.keys(map).toSorted()).toEqual(Object.keys(tensors).toSorted());
    expect(metadata.total_size).toBe(header.length - 8 - Number(header.readBigUInt64LE(0)));
    expect((await report()).models).toMatchObject([{ modelId: id, complete: true, placedBy: "entry" }]);
    expect(await registry.placed.placedBy(place)).toBe("entry");
  });

  test("keeps it while nothing changes, and follows what does", async () => {
    await ensure();
    const before = await lstat(place);
    expect(await ensure()).toEqual({ entry: "unchanged", weights: "already-linked" });
    expect((await lstat(place)).ino).toBe(before.ino);
    await writeFile(join(source, "generation_config.json"), "{}");
    expect(await ensure()).toMatchObject({ weights: "linked" });
    expect(await readdir(place)).toContain("generation_config.json");
  });

  test("links no code, no hidden file, and nothing that leads out of the folders", async () => {
    await writeFile(join(source, "modeling.py"), "import os");
    await writeFile(join(source, ".secret.json"), "{}");
    await symlink("/etc/passwd", join(source, "passwd.txt"));
    await ensure();
    const names = await readdir(place);
    for (const name of ["modeling.py", ".secret.json", "passwd.txt"]) expect(names).not.toContain(name);
  });

  test("is mended after a kill in the middle, wherever that was", async () => {
    const half = join(models, ".exoctl-entry-local--gpt-oss-tiny-4bit");
    await mkdir(half, { recursive: true });
    await symlink(join(source, "config.json"), join(half, "config.json"));
    await registry.placed.remember(place, "entry");
    expect(await ensure()).toMatchObject({ weights: "linked" });
    expect(await readdir(models)).toEqual(["local--gpt-oss-tiny-4bit"]);
  });

  test("is never mixed up with a folder of somebody's own that took its name", async () => {
    await ensure();
    await rm(place, { recursive: true });
    await mkdir(place);
    await writeFile(join(place, "model.safetensors"), "my own weights");
    await expect(ensure()).rejects.toMatchObject({ code: "not_possible" });
    expect(await removeEntry(await registry.open(), id)).toBe("removed"); // the card alone
    expect(await readFile(join(place, "model.safetensors"), "utf8")).toBe("my own weights");
  });

  test("goes with its entry, and its files stay", async () => {
    await ensure();
    await removeEntry(await registry.open(), id);
    expect(await readdir(models)).toEqual([]);
    expect(await registry.placed.placedBy(place)).toBeUndefined();
    expect(await readdir(source)).toContain("model.safetensors");
  });

  test("with a header that can't be read is refused, and nothing is left behind", async () => {
    await writeFile(join(source, "model.safetensors"), "nonsense");
    await expect(ensure()).rejects.toMatchObject({
      code: "not_possible",
      message: expect.stringContaining("can't be"),
    });
    expect(await readdir(models)).toEqual([]);
  });
});

test("folders that hold no model, or whose files lie elsewhere, are none", async () => {
  await mkdir(join(localFolder, "notes"), { recursive: true });
  await mkdir(join(localFolder, ".cache"));
  await writeFile(join(localFolder, "README"), "");
  await symlink("/etc", join(localFolder, "etc"));
  expect(await (await registry.open()).localModels()).toEqual([]);
});

test("a folder owner--name is the model owner/name", async () => {
  writeFolder(join(localFolder, "me--gpt-oss-x"), mlxFolder(smallGptOss, "bf16"));
  const found = await (await registry.open()).localModelOf(modelId("me/gpt-oss-x"));
  expect(found).toMatchObject({ use: "link", path: join(localFolder, "me--gpt-oss-x") });
});
