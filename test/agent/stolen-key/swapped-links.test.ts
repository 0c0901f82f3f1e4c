import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openInside } from "../../../src/adapters/files/open-inside.js";
import { openModelInside } from "../../../src/adapters/files/open-model-inside.js";
import { openRegistryCards } from "../../../src/adapters/files/registry-cards.js";
import { openSyncNode, type SyncNode, syncedModel, writeRandomModel } from "../../support/sync-house.js";
import { secret } from "./robbed-agent.js";

let root: string;
let models: string;
let outside: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "exoctl-swap-")));
  models = join(root, "models");
  outside = join(root, "outside");
  await mkdir(join(models, "real"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(models, "real", "config.json"), "inside");
  await writeFile(join(outside, "config.json"), secret);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Lets a link lead here and there, again and again, while something else goes on. */
async function whileSwapping<T>(link: string, targets: readonly string[], work: () => Promise<T>): Promise<T> {
  let over = false;
  const swap = async (): Promise<void> => {
    for (let round = 0; !over; round += 1) {
      rmSync(link, { force: true });
      symlinkSync(targets[round % targets.length] ?? "", link);
      await setImmediate();
    }
  };
  const swapping = swap();
  try {
    return await work();
  } finally {
    over = true;
    await swapping;
  }
}

describe("a link that is swapped between the look and the opening", () => {
  test.each([
    ["a folder", "link", "config.json", () => [join(models, "real"), outside]],
    ["a file", "link.json", "", () => [join(models, "real", "config.json"), join(outside, "config.json")]],
  ])("never leads a reader out: %s", async (_what, name, file, targets) => {
    const seen = { inside: 0, refused: 0 };
    await whileSwapping(join(models, name), targets(), async () => {
      for (let round = 0; round < 250; round += 1) {
        const opened = await openInside(join(models, name, file), [models]).catch(() => undefined);
        if (opened === undefined) seen.refused += 1;
        else {
          expect(await opened.readFile("utf8")).toBe("inside");
          await opened.close();
          seen.inside += 1;
        }
      }
    });
    // Both have been met, or nothing was tried.
    expect(seen.inside).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  });

  test("is not read by an inspection either", async () => {
    const files = await openModelInside(join(models, "real"), [models]);
    expect(await files.look("config.json")).toMatchObject({ kind: "file" });
    await rm(join(models, "real", "config.json"));
    await symlink(join(outside, "config.json"), join(models, "real", "config.json"));
    await expect(files.read("config.json", 0, 100)).rejects.toMatchObject({ name: "ModelFileError" });
    expect(await files.look("config.json")).toMatchObject({ kind: "not-a-file" });
  });

  test("shows no card that is a link, and writes through none", async () => {
    const cards = await openRegistryCards(join(root, "cards"));
    await mkdir(join(root, "cards", "exoctl"), { recursive: true });
    await symlink(join(outside, "config.json"), join(root, "cards", "exoctl", "lab--x.toml"));
    expect(JSON.stringify(await cards.cards())).not.toContain(secret);
    await expect(cards.writeOurCard(syncedModel, "x")).resolves.toBeUndefined();
    await rm(join(root, "cards", "exoctl"), { recursive: true });
    await symlink(outside, join(root, "cards", "exoctl"));
    await expect(cards.writeOurCard(syncedModel, "x")).rejects.toMatchObject({ name: "RegistryPathError" });
  });
});

describe("a model that is served to a reader", () => {
  let node: SyncNode;
  beforeEach(async () => {
    node = await openSyncNode("robbed");
  });
  afterEach(() => node.close());

  test("is not served any more once a file of it, or its folder, has become a link out", async () => {
    await writeRandomModel(node.models, [1_000]);
    const manifest = await node.manifest();
    const folder = join(node.models, "lab--random-weights");
    const at = manifest.files.findIndex(({ path }) => path === "config.json");
    const { path } = manifest.files[at] ?? expect.fail("there is a config.json");
    const open = async () => await node.disk.openSource(folder, path);
    await (await open()).close();
    await rm(join(folder, path));
    writeFileSync(join(outside, "swapped.json"), secret);
    await symlink(join(outside, "swapped.json"), join(folder, path));
    await expect(open()).rejects.toMatchObject({ name: "RegistryPathError" });
    await rename(folder, `${folder}-moved`);
    await symlink(outside, folder);
    await expect(open()).rejects.toMatchObject({ name: "RegistryPathError" });
  });
});
