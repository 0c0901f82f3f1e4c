import { chmod, link, lstat, mkdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { environmentsOfCommand } from "../../../src/adapters/files/classic-command.js";
import { fileCalls } from "../../../src/adapters/files/classic-file-calls.js";
import { digestOf } from "../../../src/register/classic/edit-history.js";
import { anAddRequest, type ClassicHouse, createClassicHouse, modelsPyText } from "../../support/classic-house.js";
import { type BeforeCall, watchedCalls as watch } from "../../support/watched-calls.js";

const watchedCalls = (before: BeforeCall) => watch(before, fileCalls);

let house: ClassicHouse;

beforeEach(async () => {
  house = await createClassicHouse();
});
afterEach(() => house.close());

const refused = (code: string) => ({ outcome: "refused", refusals: [{ code, fix: expect.any(String) }] });

describe("adding and removing", () => {
  test("keeps mode and owner, a copy with its digest in the name, and touches nothing the second time", async () => {
    await chmod(house.file, 0o640);
    const before = await stat(house.file);
    const report = await house.add();
    expect(report).toMatchObject({ outcome: "added", file: house.file });
    const after = await stat(house.file, { bigint: true });
    expect([Number(after.mode), Number(after.uid), Number(after.gid)]).toEqual([before.mode, before.uid, before.gid]);
    expect(report.backup).toBe(`models.py.exoctl-${digestOf(modelsPyText).slice(0, 16)}.orig`);
    expect(await readFile(join(house.folder, report.backup ?? ""), "utf8")).toBe(modelsPyText);
    expect(await house.add()).toMatchObject({ outcome: "unchanged", diff: [] });
    expect((await stat(house.file, { bigint: true })).mtimeNs).toBe(after.mtimeNs);
    expect(await house.remove("my-llama")).toMatchObject({ outcome: "removed" });
    expect(await house.text()).toBe(modelsPyText);
    expect((await stat(house.file)).mode).toBe(before.mode);
    expect(await house.names()).toEqual(["inference", "models.py"]);
  });

  test("a dry run changes nothing and shows the same diff", async () => {
    const shown = await house.add({ effect: "show" });
    expect(shown.outcome).toBe("would-write");
    expect(await house.text()).toBe(modelsPyText);
    expect(await house.names()).toEqual(["inference", "models.py"]);
    expect((await house.add()).diff).toEqual(shown.diff);
  });

  test("a differing entry is shown, and replaced when that is asked for", async () => {
    await house.add();
    const entry = { ...anAddRequest().entry, layers: 40 };
    expect(await house.add({ entry })).toMatchObject({ outcome: "differs" });
    expect(await house.add({ entry, whenDifferent: "replace" })).toMatchObject({ outcome: "replaced" });
    expect(await house.text()).toContain('"layers": 40');
    expect(await house.remove("my-llama")).toMatchObject({ outcome: "removed" });
    expect(await house.text()).toBe(modelsPyText);
  });

  test("several entries come out in the order in which they went in, last first", async () => {
    await house.add();
    await house.add(anAddRequest("other"));
    expect(await house.remove("my-llama")).toMatchObject(refused("later_edit"));
    await house.remove("other");
    await house.remove("my-llama");
    expect(await house.text()).toBe(modelsPyText);
  });

  test("a fault of the recipe blocks before anything is written", async () => {
    const entry = { ...anAddRequest().entry, id: "gpt-oss-120b" };
    const report = await house.add({ entry, model: "gpt-oss-120b" });
    expect(report.outcome).toBe("blocked");
    expect(report.diff.length).toBeGreaterThan(0);
    expect(await house.names()).toEqual(["inference", "models.py"]);
    expect(
      await house.add({ entry, model: "gpt-oss-120b", accepted: ["name_rewritten", "model_class_missing"] }),
    ).toMatchObject({
      outcome: "added",
    });
  });
});

describe("refused, with nothing touched", () => {
  test("to take out what somebody else has put in, or what was changed since", async () => {
    expect(await house.remove("llama-3.2-1b")).toMatchObject(refused("not_ours"));
    await house.add();
    const changed = `${await house.text()}# mine\n`;
    await writeFile(house.file, changed);
    expect(await house.remove("my-llama")).toMatchObject(refused("changed_since"));
    expect(await house.text()).toBe(changed);
  });

  test.each([
    ["not_utf8", Buffer.from(`${modelsPyText}# gr\xf6\xdfe\n`, "latin1")],
    ["too_large", Buffer.from(`${modelsPyText}# ${"x".repeat(5_000_000)}\n`)],
    ["syntax", Buffer.from(`${modelsPyText}def f(:\n`)],
  ])("%s", async (code, bytes) => {
    await writeFile(house.file, bytes);
    expect(await house.add()).toMatchObject(refused(code));
    expect((await readFile(house.file)).equals(bytes)).toBe(true);
    expect(await house.names()).toEqual(["inference", "models.py"]);
  });

  test.each(["EACCES", "EPERM", "EROFS"])("without permission to write: %s", async (code) => {
    const calls = watchedCalls((_, name) => {
      if (name === "access") throw Object.assign(new Error(code), { code });
    });
    expect(await house.add({}, calls)).toMatchObject(refused("no_permission"));
    expect(await house.names()).toEqual(["inference", "models.py"]);
  });

  test("when the file is changed right before it would be replaced", async () => {
    const calls = watchedCalls(async (_, name) => {
      // The registry file's own draft is the last to be written.
      if (name === "sync") await writeFile(house.file, "# theirs\n");
    });
    expect(await house.add({}, calls)).toMatchObject(refused("changed_meanwhile"));
    expect(await house.text()).toBe("# theirs\n");
  });

  test("while another run works on it, but not because of one that was killed", async () => {
    const lock = `${house.file}.exoctl-lock`;
    await writeFile(lock, `${process.pid}\n`);
    expect(await house.add()).toMatchObject(refused("busy"));
    await writeFile(lock, "999999999\n");
    expect(await house.add()).toMatchObject({ outcome: "added" });
  });

  test("when our own record is damaged", async () => {
    await writeFile(`${house.file}.exoctl.json`, "{");
    expect(await house.add()).toMatchObject(refused("record_damaged"));
  });
});

describe("finds the installation", () => {
  const site = () => join(house.root, "venv", "lib", "python3.12", "site-packages");
  const found = async (...places: readonly string[]) => (await house.open(fileCalls, places)).installation;

  /** Metadata as pip leaves it. */
  async function install(files: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(join(site(), "exo-0.0.1.dist-info"), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(site(), "exo-0.0.1.dist-info", name), text);
  }

  test("from a checkout, the package's folder, the file, and a link to it", async () => {
    await symlink(house.file, join(house.root, "registry"));
    const expected = { modelsPy: house.file, modelClasses: ["llama"] };
    for (const place of [house.root, house.folder, house.file, join(house.root, "registry")])
      expect(await found(place)).toMatchObject(expected);
    await house.open(fileCalls, [join(house.root, "registry")]);
    expect((await lstat(join(house.root, "registry"))).isSymbolicLink()).toBe(true);
  });

  test("from a virtual environment with an editable installation, with its versions of mlx", async () => {
    const url = pathToFileURL(house.root).href;
    await install({ "direct_url.json": JSON.stringify({ url, dir_info: { editable: true } }), RECORD: "" });
    await mkdir(join(site(), "mlx-0.22.0.dist-info"));
    await mkdir(join(site(), "mlx_lm-0.21.1.dist-info"));
    const expected = { modelsPy: house.file, how: "editable", mlx: "0.22.0", mlxLm: "0.21.1" };
    expect(await found(join(house.root, "venv"))).toMatchObject(expected);
    expect(await found(site())).toMatchObject(expected);
    expect(await found(house.root)).toMatchObject({ ...expected, how: "checkout" });
  });

  test("from site-packages, by what pip recorded", async () => {
    await install({ RECORD: "exo/__init__.py,,\nexo/models.py,sha256=x,1\n" });
    await rename(house.folder, join(site(), "exo"));
    expect(await found(join(house.root, "venv"))).toMatchObject({
      modelsPy: join(site(), "exo", "models.py"),
      how: "site-packages",
    });
  });

  test("from the link of an older installer, and from the exo command", async () => {
    await mkdir(site(), { recursive: true });
    await writeFile(join(site(), "exo.egg-link"), `${house.root}\n.`);
    await mkdir(join(house.root, "venv", "bin"));
    await writeFile(join(house.root, "venv", "bin", "exo"), `#!${house.root}/venv/bin/python3.12\nimport exo\n`);
    const environments = await environmentsOfCommand(`/nowhere:${house.root}/venv/bin`);
    expect(environments).toEqual([join(house.root, "venv")]);
    expect(await found(...environments)).toMatchObject({ modelsPy: house.file, how: "editable" });
  });

  test("and says when there is none, or more than one", async () => {
    await mkdir(join(house.root, "second", "exo"), { recursive: true });
    await writeFile(join(house.root, "second", "exo", "models.py"), modelsPyText);
    await expect(found(join(house.root, "nowhere"))).rejects.toMatchObject({ code: "no_classic_exo", kind: "usage" });
    await expect(found(house.root, join(house.root, "second"))).rejects.toMatchObject({ code: "several_classic_exos" });
  });

  test("a hard link elsewhere keeps the old text", async () => {
    await link(house.file, join(house.root, "cache"));
    await house.add();
    expect(await readFile(join(house.root, "cache"), "utf8")).toBe(modelsPyText);
  });
});

describe("reads the model's files where exo looks for them", () => {
  test("and takes their word over what is usual", async () => {
    const folder = join(house.root, "home", "downloads", "mlx-community--my-llama");
    await mkdir(folder, { recursive: true });
    const quantization = { group_size: 64, bits: 4, mode: "affine", "a.b": { bits: 8 } };
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ model_type: "qwen3_moe", torch_dtype: "bfloat16", quantization }),
    );
    await writeFile(join(folder, "tokenizer_config.json"), "{}");
    await writeFile(join(folder, "chat_template.jinja"), "");
    const files = await (await house.open()).modelFiles("mlx-community/my-llama");
    expect(files).toEqual({
      basis: "the files here",
      modelType: "qwen3_moe",
      dtype: "bfloat16",
      quantizationKeys: ["mode", "a.b"],
      chatTemplate: "in a file of its own",
    });
    expect(await house.add()).toMatchObject({ outcome: "blocked" });
  });

  test("and sees that a repository's name is a folder here", async () => {
    const disk = await house.open();
    expect(await disk.repoFolder("owner/name")).toBe("none");
    await mkdir(join(house.root, "owner", "name"), { recursive: true });
    expect(await disk.repoFolder("owner/name")).toBe("here");
  });
});
