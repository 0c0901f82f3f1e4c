import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openVocabularyFile } from "../../../src/adapters/files/vocabulary-file.js";
import { vocabulary } from "../../../src/models/vocabulary.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-vocabulary-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const folder = () => join(root, "tiktoken");
const file = () => join(folder(), vocabulary.fileName);
const digest = async () =>
  createHash("sha256")
    .update(await readFile(file()))
    .digest("hex");

test("writes the file that openai-harmony expects, once", async () => {
  const files = openVocabularyFile(folder());
  expect(await files.check(folder())).toBe("missing");
  await files.ensure();
  expect(await digest()).toBe("446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d");
  expect(await readdir(folder())).toEqual(["o200k_base.tiktoken"]);
  const { ino } = await stat(file());
  await files.ensure();
  await openVocabularyFile(folder()).ensure();
  expect((await stat(file())).ino).toBe(ino);
});

test("a changed byte is seen at the next look, and the file is written anew", async () => {
  const files = openVocabularyFile(folder());
  await files.ensure();
  const bytes = await readFile(file());
  bytes[1_000_000] = (bytes[1_000_000] ?? 0) ^ 1;
  await writeFile(file(), bytes);
  await utimes(file(), 1, 1);
  expect(await files.check(folder())).toBe("damaged");
  await files.ensure();
  expect(await files.check(folder())).toBe("good");
  await truncate(file(), 1_000);
  expect(await openVocabularyFile(folder()).check(folder())).toBe("damaged");
});

test("a leftover of a killed agent is no obstacle, and a bad source leaves nothing", async () => {
  await mkdir(folder(), { recursive: true });
  await writeFile(`${file()}.partial`, "half");
  const bad = join(root, "bad");
  await writeFile(bad, "not the vocabulary");
  await expect(openVocabularyFile(folder(), () => bad).ensure()).rejects.toThrow("SHA-256");
  expect(await readdir(folder())).toEqual([]);
  await openVocabularyFile(folder()).ensure();
  expect(await readdir(folder())).toEqual(["o200k_base.tiktoken"]);
});

test("something that is no folder in the way is an error of the file system", async () => {
  await writeFile(folder(), "");
  await expect(openVocabularyFile(folder()).ensure()).rejects.toMatchObject({ code: expect.any(String) });
});
