import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openModelFolder } from "../../../src/adapters/files/model-folder.js";
import { inspectModel } from "../../../src/models/inspect/inspect-model.js";
import { smallGptOss } from "../../support/fake-model.js";
import { mlxFolder, writeFolder } from "../../support/fake-model-files.js";

const root = mkdtempSync(join(tmpdir(), "exoctl-model-folder-"));
const folder = join(root, "model");
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(() => {
  mkdirSync(join(folder, "inside"), { recursive: true });
  writeFileSync(join(folder, "ten"), "0123456789");
  writeFileSync(join(root, "outside"), "far");
  symlinkSync("ten", join(folder, "link"));
  symlinkSync(join(root, "outside"), join(folder, "store"));
  symlinkSync("nowhere", join(folder, "dangling"));
  symlinkSync("loop-b", join(folder, "loop-a"));
  symlinkSync("loop-a", join(folder, "loop-b"));
  symlinkSync("/dev/zero", join(folder, "device"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
});

describe("what stands at a path", () => {
  test.each([
    ["ten", { kind: "file", bytes: 10 }],
    ["link", { kind: "file", bytes: 10 }],
    ["store", { kind: "file", bytes: 3 }],
    ["absent", { kind: "missing" }],
    ["ten/below", { kind: "missing" }],
    ["inside", { kind: "not-a-file", why: "a folder has its name" }],
    ["dangling", { kind: "not-a-file", why: "it is a link that leads nowhere" }],
    ["loop-a", { kind: "not-a-file", why: "its links lead round in circles" }],
    ["device", { kind: "not-a-file", why: "it is no file but a device or a pipe" }],
    ["pipe", { kind: "not-a-file", why: "it is no file but a device or a pipe" }],
    ["n".repeat(300), { kind: "not-a-file", why: "its name is too long for this disk" }],
  ])("%s", async (path, found) => {
    expect(await (await openModelFolder(folder)).look(path)).toEqual(found);
  });
});

describe("reading", () => {
  test.each([
    [0, 4, "0123"],
    [7, 100, "789"],
    [7, 2 ** 40, "789"],
    [10, 5, ""],
    [99, 5, ""],
  ])("from %i, %i bytes", async (start, length, text) => {
    const bytes = await (await openModelFolder(folder)).read("ten", start, length);
    expect(new TextDecoder().decode(bytes)).toBe(text);
  });

  test.each([["absent"], ["inside"], ["loop-a"], ["device"], ["pipe"]])("%s is refused at once", async (path) => {
    await expect((await openModelFolder(folder)).read(path, 0, 8)).rejects.toMatchObject({ code: "model_file", path });
  });

  test("a file that nobody may read is refused, except to root, who may all the same", async () => {
    writeFileSync(join(folder, "secret"), "x");
    chmodSync(join(folder, "secret"), 0);
    const read = (await openModelFolder(folder)).read("secret", 0, 1).then(
      (bytes) => new TextDecoder().decode(bytes),
      (error: unknown) => String(error),
    );
    expect(await read).toContain(process.getuid?.() === 0 ? "x" : "this user may not read it");
  });
});

test.each([
  ["nothing", join(root, "absent"), "there is no such folder"],
  ["a file", join(folder, "ten"), "it is not a folder"],
  ["a loop", join(folder, "loop-a"), "its links lead round in circles"],
])("%s is no folder", async (_, path, why) => {
  await expect(openModelFolder(path)).rejects.toMatchObject({ kind: "usage", message: `can't read ${path}: ${why}` });
});

test("a model whose files are links into a store, as downloads of Hugging Face are", async () => {
  const [store, model] = [join(root, "blobs"), join(root, "snapshot")];
  const files = mlxFolder(smallGptOss, "MXFP4-Q4");
  writeFolder(store, files);
  mkdirSync(model);
  for (const path of files.keys()) symlinkSync(join("..", "blobs", path), join(model, path));
  expect((await inspectModel(await openModelFolder(model), "gpt-oss")).verdict).toBe("complete");
  rmSync(join(store, "model-00002-of-00003.safetensors"));
  const { verdict, findings, exo } = await inspectModel(await openModelFolder(model), "gpt-oss");
  expect(verdict).toBe("broken");
  expect(findings[0]).toMatchObject({ message: "it is a link that leads nowhere" });
  expect(exo.complete).toBe(false);
});
