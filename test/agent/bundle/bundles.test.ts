import { createHash } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CopyDiskError } from "../../../src/agent/sync/model-disk.js";
import { type BundleHouse, bundledModel, createBundleHouse, quietSteps } from "../../support/bundle-house.js";

let house: BundleHouse;
beforeEach(async () => {
  house = await createBundleHouse();
});
afterEach(() => house.close());

const bytesOf = async (folder: string) => {
  const names = (await readdir(folder)).toSorted();
  return await Promise.all(
    names.map(async (name) => [
      name,
      createHash("sha256")
        .update(await readFile(join(folder, name)))
        .digest("hex"),
    ]),
  );
};
const modelFiles = [
  "chat_template.jinja",
  "config.json",
  ...["1", "2"].map((at) => `model-0000${at}-of-00002.safetensors`),
];

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Stops in the middle of a step, as an aborted run does, after so many bytes of it. */
const stopping = (step: string, after: number) => {
  const stop = new AbortController();
  let seen = 0;
  const steps = quietSteps((text, bytes) => {
    if (text !== step) return;
    seen += bytes;
    if (seen >= after) stop.abort(new Error("stopped"));
  });
  return { steps, signal: stop.signal };
};

describe("a bundle", () => {
  test("holds the model, its manifest, its entry, the vocabulary and a page for people", async () => {
    const report = await house.export();
    expect(report).toMatchObject({ outcome: "exported", model: bundledModel, files: 5, copiedBytes: report.bytes });
    expect((await readdir(house.bundle)).toSorted()).toEqual(
      ["README.txt", "entry.json", "lab--tiny", "manifest.json", "o200k_base.tiktoken"].toSorted(),
    );
    expect((await readdir(house.bundled)).toSorted()).toEqual([...modelFiles, "model.safetensors.index.json"]);
    expect(await readFile(join(house.bundle, "README.txt"), "utf8")).toContain("--offline --import");
    const manifest = await readFile(join(house.bundle, "manifest.json"));
    expect(createHash("sha256").update(manifest).digest("hex")).toBe(report.manifest);
  });

  test("brings the model to another machine byte for byte, remembered as imported", async () => {
    await house.export();
    const report = await house.import();
    expect(report).toMatchObject({ outcome: "imported", entry: { weightsOf: bundledModel } });
    expect(await bytesOf(house.to.folder)).toEqual(await bytesOf(house.bundled));
    expect(await readdir(house.to.models)).toEqual(["lab--tiny"]);
    expect(await house.to.record.placedBy(house.to.folder)).toBe("import");
    expect(await readdir(house.to.vocabularyFolder)).toEqual(["o200k_base.tiktoken"]);
  });

  test("is left as it is the second time, and so is the model", async () => {
    await house.export();
    await house.import();
    expect(await house.export()).toMatchObject({ outcome: "unchanged", copiedBytes: 0 });
    expect(await house.import()).toMatchObject({ outcome: "unchanged", copiedBytes: 0 });
  });

  test("that was damaged is mended by exporting again", async () => {
    await house.export();
    await flip(join(house.bundled, house.weights[1]), 1_234_567);
    await expect(house.import()).rejects.toMatchObject({ code: "wrong_bytes" });
    expect(await house.export()).toMatchObject({ outcome: "exported" });
    expect(await house.import()).toMatchObject({ outcome: "imported" });
  });
});

describe("going on after a stop", () => {
  test("an export copies only what is missing, and has no manifest before the end", async () => {
    const { steps, signal } = stopping("copy", 4_000_000);
    await expect(house.export(steps, signal)).rejects.toThrow("stopped");
    expect(await readdir(house.bundle)).not.toContain("manifest.json");
    expect(await readdir(house.bundle)).not.toContain("lab--tiny");
    await expect(house.import()).rejects.toMatchObject({ code: "no_bundle" });
    const report = await house.export();
    expect(report.copiedBytes).toBeGreaterThan(0);
    expect(report.copiedBytes).toBeLessThan(report.bytes - 2_000_000);
    expect(await house.import()).toMatchObject({ outcome: "imported" });
  });

  test("an import copies only what is missing, and what was left is not trusted", async () => {
    await house.export();
    const { steps, signal } = stopping("copy", 4_000_000);
    await expect(house.import(steps, { signal })).rejects.toThrow("stopped");
    expect(await readdir(house.to.models)).toEqual([".exoctl-sync-lab--tiny"]);
    await flip(join(house.to.models, ".exoctl-sync-lab--tiny", house.weights[0]), 10);
    const report = await house.import();
    expect(report.copiedBytes).toBeLessThan(report.bytes);
    expect(await bytesOf(house.to.folder)).toEqual(await bytesOf(house.bundled));
  });
});

describe("a bundle that is not what was exported is refused, and nothing appears under the model's name", () => {
  const spoil: Record<string, { readonly code: string; readonly how: () => Promise<void> }> = {
    "a changed byte of the weights": {
      code: "wrong_bytes",
      how: () => flip(join(house.bundled, house.weights[0]), 2_999_999),
    },
    "a changed byte of the vocabulary": {
      code: "damaged_bundle",
      how: () => flip(join(house.bundle, "o200k_base.tiktoken"), 5),
    },
    "a changed digest in the manifest": {
      code: "damaged_bundle",
      how: () => flip(join(house.bundle, "manifest.json"), 300),
    },
    "a shorter file": { code: "damaged_bundle", how: () => truncate(join(house.bundled, house.weights[0]), 100) },
    "a missing file": { code: "damaged_bundle", how: () => unlink(join(house.bundled, "config.json")) },
    "a file more": { code: "damaged_bundle", how: () => writeFile(join(house.bundled, "evil.py"), "import os") },
    "a missing entry": { code: "damaged_bundle", how: () => unlink(join(house.bundle, "entry.json")) },
    "an entry of another model": {
      code: "damaged_bundle",
      how: async () => {
        const path = join(house.bundle, "entry.json");
        await writeFile(path, (await readFile(path, "utf8")).replaceAll("lab/tiny", "lab/other"));
      },
    },
    "a file that is a link": {
      code: "damaged_bundle",
      how: async () => {
        const path = join(house.bundled, "config.json");
        await rename(path, join(house.root, "config.json"));
        await symlink(join(house.root, "config.json"), path);
      },
    },
    "a folder that is a link": {
      code: "damaged_bundle",
      how: async () => {
        await rename(house.bundled, join(house.root, "elsewhere"));
        await symlink(join(house.root, "elsewhere"), house.bundled);
      },
    },
    "a manifest that is a link": {
      code: "no_bundle",
      how: async () => {
        const path = join(house.bundle, "manifest.json");
        await rename(path, join(house.root, "manifest.json"));
        await symlink(join(house.root, "manifest.json"), path);
      },
    },
    "no manifest": { code: "no_bundle", how: () => unlink(join(house.bundle, "manifest.json")) },
  };
  test.each(Object.keys(spoil))("%s", async (name) => {
    await house.export();
    const { code, how } = spoil[name] ?? { code: "", how: async () => {} };
    await how();
    await expect(house.import()).rejects.toMatchObject({ kind: "failed", code });
    expect((await readdir(house.to.models)).filter((each) => !each.startsWith("."))).toEqual([]);
  });

  test("a path that leads out of the folder", async () => {
    await house.export();
    const path = join(house.bundle, "manifest.json");
    await writeFile(path, (await readFile(path, "utf8")).replace('"config.json"', '"../evil.json"'));
    await expect(house.import()).rejects.toMatchObject({ code: "damaged_bundle" });
    expect(await readdir(house.root)).not.toContain("evil.json");
  });

  test("another model than the one named", async () => {
    await house.export();
    await expect(house.import(quietSteps(), { model: "lab/other" })).rejects.toMatchObject({ code: "other_model" });
  });

  test("hidden files that a system leaves behind are none of the bundle's business", async () => {
    await house.export();
    await writeFile(join(house.bundled, ".DS_Store"), "");
    await writeFile(join(house.bundle, "._lab--tiny"), "");
    expect(await house.import()).toMatchObject({ outcome: "imported" });
    expect(await readdir(house.to.folder)).not.toContain(".DS_Store");
  });
});

describe("places that are not free", () => {
  test("a folder with something else in it is no place for a bundle", async () => {
    await mkdir(house.bundle);
    await writeFile(join(house.bundle, "holiday.jpg"), "");
    await expect(house.export()).rejects.toMatchObject({ code: "folder_not_empty" });
    await rm(join(house.bundle, "holiday.jpg"));
    await mkdir(house.bundled);
    await writeFile(join(house.bundled, "mine"), "");
    await expect(house.export()).rejects.toMatchObject({ code: "folder_not_empty" });
    expect(await readdir(house.bundled)).toEqual(["mine"]);
  });

  test("neither is one with a bundle of other files", async () => {
    await house.export();
    await writeFile(join(house.from.folder, "config.json"), '{"other":1}');
    await expect(house.export()).rejects.toMatchObject({ code: "other_bundle" });
    await house.import();
    expect(await readFile(join(house.to.folder, "config.json"), "utf8")).toBe("{}");
  });

  test("a model of somebody else's that differs stays", async () => {
    await house.export();
    await mkdir(house.to.folder);
    await writeFile(join(house.to.folder, "config.json"), "mine");
    await expect(house.import()).rejects.toMatchObject({ code: "registry_path" });
    expect(await readdir(house.to.folder)).toEqual(["config.json"]);
  });

  test("the same files of somebody else's are right and stay theirs", async () => {
    await house.export();
    await mkdir(house.to.folder);
    for (const name of await readdir(house.bundled)) await link(join(house.bundled, name), join(house.to.folder, name));
    expect(await house.import()).toMatchObject({ outcome: "unchanged" });
    expect(await house.to.record.placedBy(house.to.folder)).toBeUndefined();
  });
});

describe("disks", () => {
  test("that are too small are refused before anything is copied", async () => {
    await house.export();
    const disk = { freeBytes: async () => 60_000_000 };
    await expect(house.import(quietSteps(), { disk })).rejects.toMatchObject({ code: "disk_too_small" });
    expect(await readdir(house.to.models)).toEqual([".exoctl-sync-lab--tiny"]);
  });

  test("that fill up meanwhile are named, and the next try goes on", async () => {
    await house.export();
    const full: BundleHouse["to"]["disk"]["openCopy"] = async (manifest) => {
      const copy = await house.to.disk.openCopy(manifest);
      let left = 3;
      const openToWrite: typeof copy.openToWrite = async (fileIndex) => {
        const file = await copy.openToWrite(fileIndex);
        const write: typeof file.write = async (data, position) => {
          left -= 1;
          if (left < 0) throw new CopyDiskError("ENOSPC", "full");
          await file.write(data, position);
        };
        return { ...file, write };
      };
      return { ...copy, openToWrite };
    };
    const failed = house.import(quietSteps(), { disk: { openCopy: full } });
    await expect(failed).rejects.toMatchObject({ code: "disk", message: expect.stringContaining("the disk is full") });
    expect(await house.import()).toMatchObject({ outcome: "imported" });
  });
});

test("a model that is not complete here can't be exported", async () => {
  await unlink(join(house.from.folder, house.weights[1]));
  await expect(house.export()).rejects.toMatchObject({ code: "not_possible" });
  await expect(readdir(house.bundle)).resolves.toEqual([]);
});
