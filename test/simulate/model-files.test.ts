import { access, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createModelFiles, placeCompleteWeights } from "../../src/simulate/exo/model-files.js";
import { prepareSimulatedHome } from "../../src/simulate/prepare-home.js";

const model = "mlx-community/gpt-oss-120b-MXFP4-Q8";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulated-models-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("a model is complete when every file of its index is there; links are followed", async () => {
  const files = createModelFiles(folder);
  expect(await files.complete(model)).toBe(false);
  await placeCompleteWeights(folder, [model]);
  expect(await files.complete(model)).toBe(true);
  await symlink(files.folderOf(model), files.folderOf("exoctl/linked"));
  expect(await files.complete("exoctl/linked")).toBe(true);
  await unlink(join(files.folderOf(model), "model-00002-of-00013.safetensors"));
  expect(await files.complete(model)).toBe(false);
  expect(await files.complete("exoctl/linked")).toBe(false);
});

test("a single file without an index is never complete", async () => {
  const files = createModelFiles(folder);
  await mkdir(files.folderOf("local/single"));
  await writeFile(join(files.folderOf("local/single"), "model.safetensors"), "");
  expect(await files.complete("local/single")).toBe(false);
});

test("removing a link fails, as it does in exo", async () => {
  const files = createModelFiles(folder);
  await placeCompleteWeights(folder, [model]);
  await symlink(files.folderOf(model), files.folderOf("exoctl/linked"));
  await expect(files.remove("exoctl/linked")).rejects.toThrow("symbolic link");
  await files.remove(model);
  await files.remove(model);
  await expect(access(files.folderOf(model))).rejects.toThrow("ENOENT");
});

test("a home is prepared once: what was deleted stays deleted", async () => {
  const home = join(folder, "home");
  await prepareSimulatedHome(home, "complete");
  const files = createModelFiles(join(home, "models"));
  expect(await files.complete(model)).toBe(true);
  await files.remove(model);
  await prepareSimulatedHome(home, "complete");
  expect(await files.complete(model)).toBe(false);
});
