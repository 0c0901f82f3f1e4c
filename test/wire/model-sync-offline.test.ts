import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BundleHouse, createBundleHouse } from "../support/bundle-house.js";
import { type CliSandbox, createCliSandbox, runCli } from "../support/run-cli.js";

describe("exoctl model sync --offline", () => {
  let sandbox: CliSandbox;
  let folder: string;
  beforeEach(async () => {
    sandbox = createCliSandbox();
    folder = join(sandbox.temp, "exo", "models", "mlx-community--gpt-oss-20b-MXFP4-Q8");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "model.safetensors.index.json"), '{"weight_map":{"a":"model.safetensors"}}');
    await writeFile(join(folder, "model.safetensors"), randomBytes(2_500_000));
  });
  afterEach(() => sandbox.remove());

  const sync = (...args: readonly string[]) => runCli(sandbox, ["model", "sync", ...args]);
  const bundle = () => join(sandbox.temp, "bundle");
  const from = () => ["--exo-home", join(sandbox.temp, "exo")];
  const to = () => ["--exo-home", join(sandbox.temp, "other")];

  test("carries a model, with a line for each step and what to do next", async () => {
    const out = await sync("gpt-oss-20b", "--offline", "--export", bundle(), ...from());
    expect(out.code).toBe(0);
    expect(out.stderr).toContain("read back");
    expect(out.stdout).toContain("--offline --import");
    const into = await sync("gpt-oss-20b", "--offline", "--import", bundle(), ...to(), "-o", "json");
    expect(into.code).toBe(0);
    expect(JSON.parse(into.stdout)).toMatchObject({
      outcome: "imported",
      files: 2,
      entry: { modelId: "exoctl/gpt-oss-20b-MXFP4-Q8", weightsOf: "mlx-community/gpt-oss-20b-MXFP4-Q8" },
    });
    const copy = join(sandbox.temp, "other", "models", "mlx-community--gpt-oss-20b-MXFP4-Q8", "model.safetensors");
    expect((await readFile(copy)).equals(await readFile(join(folder, "model.safetensors")))).toBe(true);
    expect((await stat(join(sandbox.home, "agent", "tiktoken", "o200k_base.tiktoken"))).size).toBe(3_613_922);
  });

  test("says in words what it can't do", async () => {
    const none = await sync("gpt-oss-20b", "--offline", "--import", bundle(), ...to());
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toContain("no finished bundle");
    const absent = await sync("gpt-oss-120b", "--offline", "--export", bundle(), ...from());
    expect(absent).toMatchObject({ code: 1, stdout: "" });
    expect(absent.stderr).toContain("no complete files of mlx-community/gpt-oss-120b-MXFP4-Q8 here");
    await expect(readdir(bundle())).rejects.toThrow("ENOENT");
  });

  test.each([
    [["gpt-oss-20b", "--offline"]],
    [["gpt-oss-20b", "--offline", "--export", "a", "--import", "b"]],
    [["../evil", "--offline", "--export", "a"]],
  ])("bad usage: %j", async (args) => {
    expect(await sync(...args, ...from())).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("kill -9", () => {
  let house: BundleHouse;
  beforeEach(async () => {
    house = await createBundleHouse();
  });
  afterEach(() => house.close());

  const runKilled = (verb: "export" | "import", step: string, after: number): string | null =>
    spawnSync(
      process.execPath,
      [
        "--import",
        "./test/support/run-typescript.js",
        "test/support/bundle-killed.ts",
        house.root,
        verb,
        step,
        String(after),
      ],
      { encoding: "utf8" },
    ).signal;
  const shown = async (path: string) => (await readdir(path)).filter((name) => !name.startsWith("."));

  test("of an export leaves no bundle, and what was right is not copied again", async () => {
    expect(runKilled("export", "copy", 4_000_000)).toBe("SIGKILL");
    expect(await shown(house.bundle)).toEqual(["manifest.json.partial"]);
    expect(runKilled("export", "read back", 5_000_000)).toBe("SIGKILL");
    expect(await shown(house.bundle)).toEqual(["manifest.json.partial"]);
    expect(await house.export()).toMatchObject({ outcome: "exported", copiedBytes: 0 });
    expect(await house.import()).toMatchObject({ outcome: "imported" });
  });

  test("of an import leaves no model, and what was right is not copied again", async () => {
    await house.export();
    expect(runKilled("import", "copy", 4_000_000)).toBe("SIGKILL");
    expect(await shown(house.to.models)).toEqual([]);
    expect(runKilled("import", "read back", 100)).toBe("SIGKILL");
    expect(await shown(house.to.models)).toEqual([]);
    expect(await house.import()).toMatchObject({ outcome: "imported", copiedBytes: 0 });
    await rm(house.bundle, { recursive: true });
    expect(await shown(house.to.models)).toEqual(["lab--tiny"]);
  });
});
