import { lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeRegistry } from "../../../src/agent/describe-registry.js";
import { ensureEntry } from "../../../src/agent/ensure-entry.js";
import { removeEntry } from "../../../src/agent/remove-entry.js";
import { modelId } from "../../../src/cluster/names.js";
import { createMemoryPlaced } from "../../support/memory-placed.js";
import { anEntry, variants } from "../../support/registry-entries.js";
import { createTempRegistry, type TempRegistry } from "../../support/registry-temp.js";

const released = variants["1.0.71"];
const entryFolder = "exoctl--gpt-oss-120b-MXFP4-Q8";
const weightsFolder = "mlx-community--gpt-oss-120b-MXFP4-Q8";

let registry: TempRegistry;
let card: string;
let link: string;
let models: string;
let moreModels: string;

beforeEach(async () => {
  registry = await createTempRegistry();
  [models, moreModels = ""] = registry.modelsFolders;
  card = join(registry.cardsFolder, "exoctl", `${entryFolder}.exoctl.toml`);
  link = join(models, entryFolder);
});
afterEach(() => registry.remove());

const ensure = async (changes: Parameters<typeof anEntry>[0] = {}, variant = released) =>
  await ensureEntry(await registry.open(), anEntry(changes), variant);
const refused = (message: string | RegExp) => ({ code: "not_possible", message: expect.stringMatching(message) });
const bytesIn = async (folder: string): Promise<number> => {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};
const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

describe("ensuring an entry", () => {
  test("writes the card, links the weights, and changes nothing the second time", async () => {
    await registry.addModel(join(models, weightsFolder));
    expect(await ensure()).toEqual({ entry: "created", weights: "linked" });
    const text = await readFile(card, "utf8");
    expect(parse(text)).toMatchObject({ model_id: "exoctl/gpt-oss-120b-MXFP4-Q8" });
    expect((await stat(card)).mode & 0o777).toBe(0o644);
    expect(await readlink(link)).toBe(join(models, weightsFolder));
    const before = await stat(card, { bigint: true });
    expect(await ensure()).toEqual({ entry: "unchanged", weights: "already-linked" });
    const after = await stat(card, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    expect(await readdir(join(registry.cardsFolder, "exoctl"))).toEqual([`${entryFolder}.exoctl.toml`]);
    expect((await readdir(models)).toSorted()).toEqual([entryFolder, weightsFolder].toSorted());
  });

  test("replaces a card of ours that says something else", async () => {
    await ensure();
    expect(await ensure({ contextTokens: 4_096 })).toMatchObject({ entry: "replaced" });
    expect(parse(await readFile(card, "utf8"))).toMatchObject({ context_length: 4_096 });
    expect(await ensure({ contextTokens: 4_096 }, variants["after 1.0.71"])).toMatchObject({ entry: "replaced" });
  });

  test("says that weights are missing until they are complete", async () => {
    expect(await ensure()).toEqual({ entry: "created", weights: "missing" });
    await registry.addModel(join(models, weightsFolder), { files: "one missing" });
    expect(await ensure()).toEqual({ entry: "unchanged", weights: "missing" });
    expect(await exists(link)).toBe(false);
    await registry.addModel(join(models, weightsFolder));
    expect(await ensure()).toEqual({ entry: "unchanged", weights: "linked" });
  });

  test("finds weights in any models folder and follows them when they move", async () => {
    await registry.addModel(join(moreModels, weightsFolder));
    expect(await ensure()).toMatchObject({ weights: "linked" });
    expect(await readlink(link)).toBe(join(moreModels, weightsFolder));
    await rename(join(moreModels, weightsFolder), join(models, weightsFolder));
    expect(await ensure()).toMatchObject({ weights: "linked" });
    expect(await readlink(link)).toBe(join(models, weightsFolder));
  });

  test("takes a link of ours away when its weights are gone", async () => {
    await registry.addModel(join(models, weightsFolder));
    await ensure();
    await rm(join(models, weightsFolder), { recursive: true });
    expect(await ensure()).toMatchObject({ weights: "missing" });
    expect(await exists(link)).toBe(false);
  });

  test("works on an exo that uses the built-in id", async () => {
    const own = { modelId: modelId("mlx-community/gpt-oss-120b-MXFP4-Q8") };
    expect(await ensure(own)).toMatchObject({ weights: "missing" });
    await registry.addModel(join(models, weightsFolder));
    expect(await ensure(own)).toMatchObject({ weights: "already-linked" });
    expect((await lstat(join(models, weightsFolder))).isDirectory()).toBe(true);
  });

  test("accepts a real folder with complete weights under its own name", async () => {
    await registry.addModel(link);
    await registry.addModel(join(models, weightsFolder));
    expect(await ensure()).toMatchObject({ weights: "already-linked" });
    expect((await lstat(link)).isDirectory()).toBe(true);
  });
});

describe("what is not ours stays as it is, and nothing else is changed", () => {
  const nothingWritten = async () => expect(await exists(card)).toBe(false);

  test("a real folder without complete weights", async () => {
    await registry.addModel(join(models, weightsFolder));
    await mkdir(link);
    await writeFile(join(link, "precious"), "x");
    await expect(ensure()).rejects.toMatchObject(refused(/folder that exoctl did not make/));
    expect(await readFile(join(link, "precious"), "utf8")).toBe("x");
    await nothingWritten();
  });

  test("a link that somebody else made", async () => {
    await registry.addModel(join(models, weightsFolder));
    await registry.addModel(join(moreModels, "other--model"));
    await symlink(join(moreModels, "other--model"), link);
    await expect(ensure()).rejects.toMatchObject(refused(/link that exoctl did not make/));
    expect(await readlink(link)).toBe(join(moreModels, "other--model"));
    await nothingWritten();
  });

  test("a card file that somebody else wrote", async () => {
    await mkdir(join(registry.cardsFolder, "exoctl"), { recursive: true });
    await writeFile(card, 'model_id = "mine"\n');
    await expect(ensure()).rejects.toMatchObject(refused(/was not written by exoctl/));
    expect(await readFile(card, "utf8")).toBe('model_id = "mine"\n');
  });

  test("a second card for the same model elsewhere", async () => {
    await mkdir(registry.cardsFolder, { recursive: true });
    await writeFile(join(registry.cardsFolder, `${entryFolder}.toml`), 'model_id = "exoctl/gpt-oss-120b-MXFP4-Q8"\n');
    await expect(ensure()).rejects.toMatchObject(refused(/defines exoctl\/gpt-oss/));
    await nothingWritten();
  });

  test("a card of a model whose file name is the same", async () => {
    await ensure({ modelId: modelId("a/b--c") });
    await expect(ensure({ modelId: modelId("a--b/c") })).rejects.toMatchObject(refused(/share one card file/));
  });
});

describe("setting right what somebody has changed", () => {
  beforeEach(async () => {
    await registry.addModel(join(models, weightsFolder));
    await ensure();
  });

  test.each([
    ["outside", () => registry.root],
    ["to other weights", () => join(moreModels, "other--model")],
    ["nowhere", () => "/nowhere"],
  ])("a link of ours that leads %s", async (_where, target) => {
    await registry.addModel(join(moreModels, "other--model"));
    await rm(link);
    await symlink(target(), link);
    expect(await ensure()).toEqual({ entry: "unchanged", weights: "linked" });
    expect(await readlink(link)).toBe(join(models, weightsFolder));
  });

  test("but no folder that stands where our link was", async () => {
    await rm(link);
    await mkdir(link);
    await writeFile(join(link, "precious"), "");
    await expect(ensure()).rejects.toMatchObject(refused(/is a folder that exoctl did not make/));
    expect(await readdir(link)).toEqual(["precious"]);
  });

  test.each([
    ["emptied", ""],
    ["half", "# Written by exoctl. Changes"],
    ["of another kind", "{}"],
  ])("a card that is %s", async (_how, text) => {
    await writeFile(card, text);
    expect(await ensure()).toMatchObject({ entry: "replaced" });
    expect(parse(await readFile(card, "utf8"))).toMatchObject({ model_id: anEntry().modelId });
  });
});

describe("links that lead outside", () => {
  let outside: string;
  beforeEach(async () => {
    outside = join(registry.root, "outside");
    await registry.addModel(outside);
  });

  test("weights behind a link to another place count as missing", async () => {
    await symlink(outside, join(models, weightsFolder));
    expect(await ensure()).toMatchObject({ weights: "missing" });
    expect(await exists(link)).toBe(false);
  });

  test("so do single weight files and an index", async () => {
    const folder = await registry.addModel(join(models, weightsFolder));
    const file = join(folder, "model-00001-of-00002.safetensors");
    await rm(file);
    await symlink(join(outside, "model-00001-of-00002.safetensors"), file);
    expect(await ensure()).toMatchObject({ weights: "missing" });
    await rm(file);
    await writeFile(file, "weights");
    const index = join(folder, "model.safetensors.index.json");
    await rm(index);
    await symlink(join(outside, "model.safetensors.index.json"), index);
    expect(await ensure()).toMatchObject({ weights: "missing" });
  });

  test("an index that names files outside is not followed", async () => {
    await registry.addModel(join(models, weightsFolder), {
      index: JSON.stringify({ weight_map: { a: "../../outside/model-00001-of-00002.safetensors" } }),
    });
    expect(await ensure()).toMatchObject({ weights: "missing" });
  });

  test("a models folder that is a link itself is fine", async () => {
    await rm(models, { recursive: true });
    await mkdir(join(registry.root, "volume"));
    await symlink(join(registry.root, "volume"), models);
    await registry.addModel(join(models, weightsFolder));
    expect(await ensure()).toMatchObject({ weights: "linked" });
    expect(await ensure()).toMatchObject({ weights: "already-linked" });
  });

  test("a link instead of our cards folder is refused", async () => {
    await mkdir(registry.cardsFolder, { recursive: true });
    await symlink(outside, join(registry.cardsFolder, "exoctl"));
    await expect(ensure()).rejects.toMatchObject(refused(/is not a folder/));
    expect(await readdir(outside)).not.toContain(`${entryFolder}.exoctl.toml`);
  });

  test("a link instead of our card file is refused", async () => {
    await mkdir(join(registry.cardsFolder, "exoctl"), { recursive: true });
    const victim = join(registry.root, "victim");
    await writeFile(victim, "precious");
    await symlink(victim, card);
    await expect(ensure()).rejects.toMatchObject(refused(/not a plain file/));
    await expect(removeEntry(await registry.open(), anEntry().modelId)).rejects.toMatchObject(
      refused(/not a plain file/),
    );
    expect(await readFile(victim, "utf8")).toBe("precious");
  });

  test("an endless link is nothing", async () => {
    await symlink(join(models, weightsFolder), join(models, weightsFolder));
    expect(await ensure()).toMatchObject({ weights: "missing" });
  });
});

test("what a killed write has left behind is removed at the next start", async () => {
  await ensure();
  const leftoverCard = `${card}.3141592653`;
  const leftoverLink = join(models, ".exoctl-01234567-89ab-4def-8123-456789abcdef");
  await writeFile(leftoverCard, "half");
  await symlink("/nowhere", leftoverLink);
  await registry.open();
  expect([await exists(leftoverCard), await exists(leftoverLink), await exists(card)]).toEqual([false, false, true]);
});

test("a damaged record of links makes no link ours", async () => {
  await registry.addModel(join(models, weightsFolder));
  await ensure();
  await writeFile(registry.linkRecordFile, "{");
  await expect(ensure()).rejects.toMatchObject(refused(/record of links/));
});

describe("removing an entry", () => {
  test("takes away card and link, keeps the weights, and is safe to repeat", async () => {
    await registry.addModel(join(models, weightsFolder));
    await ensure();
    expect(await removeEntry(await registry.open(), anEntry().modelId)).toBe("removed");
    expect([await exists(card), await exists(link)]).toEqual([false, false]);
    expect(await readdir(join(models, weightsFolder))).toHaveLength(3);
    expect(await removeEntry(await registry.open(), anEntry().modelId)).toBe("absent");
  });

  test("never removes a real folder or somebody else's card", async () => {
    await registry.addModel(link);
    await mkdir(join(registry.cardsFolder, "exoctl"), { recursive: true });
    expect(await removeEntry(await registry.open(), anEntry().modelId)).toBe("absent");
    expect(await exists(link)).toBe(true);
    await writeFile(card, "# mine\n");
    await expect(removeEntry(await registry.open(), anEntry().modelId)).rejects.toMatchObject(
      refused(/not written by/),
    );
    expect(await exists(card)).toBe(true);
  });
});

test("the report names cards and models, what is linked to what, and how much of each is there", async () => {
  const weights = await registry.addModel(join(models, weightsFolder));
  const half = await registry.addModel(join(moreModels, "someone--half"), { files: "one missing" });
  await mkdir(join(models, "caches"));
  await mkdir(join(models, "someone--empty"));
  await symlink(registry.root, join(models, "someone--outside"));
  await ensure();
  await writeFile(join(registry.cardsFolder, "mine.toml"), 'model_id = "me/mine"\n');
  await writeFile(join(registry.cardsFolder, "broken.toml"), "model_id = \n");
  const report = await describeRegistry(await registry.open(), createMemoryPlaced({ [weights]: "sync" }));
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(report.cards).toEqual([
    { modelId: "exoctl/gpt-oss-120b-MXFP4-Q8", ours: true, digest, path: card },
    { modelId: "me/mine", ours: false, digest, path: join(registry.cardsFolder, "mine.toml") },
  ]);
  const all = { bytes: await bytesIn(weights), weightFiles: { present: 2, named: 2 } };
  const some = { bytes: await bytesIn(half), weightFiles: { present: 1, named: 2 } };
  expect(report.models).toEqual([
    { modelId: anEntry().modelId, complete: true, linkTo: anEntry().weightsOf, link: "ours", ...all },
    { modelId: anEntry().weightsOf, complete: true, placedBy: "sync", ...all },
    { modelId: "someone/empty", complete: false, bytes: 0 },
    { modelId: "someone/half", complete: false, ...some },
    { modelId: "someone/outside", complete: false, link: "foreign" },
  ]);
});

test("the report sees a link of ours that leads elsewhere, and a changed index", async () => {
  const weights = await registry.addModel(join(models, weightsFolder));
  await registry.addModel(join(models, "someone--else"));
  await ensure();
  const files = await registry.open();
  const reported = async (id: string) =>
    (await describeRegistry(files, createMemoryPlaced())).models.find(({ modelId }) => modelId === id);
  await rm(link);
  await symlink(join(models, "someone--else"), link);
  expect(await reported(anEntry().modelId)).toMatchObject({ link: "redirected", linkTo: "someone/else" });
  expect(await reported(anEntry().weightsOf)).toMatchObject({ complete: true });
  const index = join(weights, "model.safetensors.index.json");
  await writeFile(index, JSON.stringify({ weight_map: { a: "other.safetensors" } }));
  expect(await reported(anEntry().weightsOf)).toMatchObject({ complete: false, weightFiles: { present: 0, named: 1 } });
  await writeFile(index, "{");
  const broken = await reported(anEntry().weightsOf);
  expect(broken).toMatchObject({ complete: false });
  expect(broken).not.toHaveProperty("weightFiles");
});

test("a machine on which exo has never run has an empty report", async () => {
  await rm(models, { recursive: true });
  expect(await describeRegistry(await registry.open(), createMemoryPlaced())).toEqual({ cards: [], models: [] });
});
