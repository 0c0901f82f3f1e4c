import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ClassicHouse, createClassicHouse, modelsPyText } from "../support/classic-house.js";
import { type CliSandbox, createCliSandbox, runCli } from "../support/run-cli.js";

let house: ClassicHouse;
let sandbox: CliSandbox;

beforeEach(async () => {
  house = await createClassicHouse();
  sandbox = createCliSandbox();
});
afterEach(async () => {
  sandbox.remove();
  await house.close();
});

const model = (...args: readonly string[]) => runCli(sandbox, ["model", ...args, "--classic", house.root]);
const llama = ["my-llama", "--layers", "32", "--repo", "owner/my-llama", "--label", "My Llama"];

describe("exoctl model add and remove, without a controller", () => {
  test("a dry run shows the diff, adding makes it, removing takes it back", async () => {
    const shown = await model("add", ...llama, "--dry-run");
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toContain('+  "my-llama": { "layers": 32, ');
    expect(shown.stdout).toContain("[run_is_no_server]");
    expect(await house.text()).toBe(modelsPyText);

    const added = await model("add", ...llama);
    expect(added).toMatchObject({ code: 0, stderr: "" });
    expect(await house.text()).toContain('"my-llama": { "layers": 32, ');

    const again = await model("add", ...llama, "-o", "json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      outcome: "unchanged",
      file: house.file,
      entry: { id: "my-llama" },
    });

    const removed = await model("remove", "my-llama");
    expect(removed).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(house.file, "utf8")).toBe(modelsPyText);
    expect(await readdir(house.folder)).toEqual(["inference", "models.py"]);
  });

  test("gpt-oss-120b is not written where it can't work, and every reason is said", async () => {
    const blocked = await model("add", "gpt-oss-120b");
    expect(blocked.code).toBe(1);
    for (const code of ["name_rewritten", "model_class_missing", "mlx_too_old", "harmony_not_parsed"])
      expect(blocked.stdout).toContain(`[${code}]`);
    expect(blocked.stdout).toContain("--accept");
    expect(await house.text()).toBe(modelsPyText);

    const accepted = await model("add", "gpt-oss-120b", "--accept", "model_class_missing", "-o", "json");
    expect(accepted.code).toBe(0);
    expect(JSON.parse(accepted.stdout)).toMatchObject({
      outcome: "added",
      entry: { id: "oss-120b", layers: 36, repo: "mlx-community/gpt-oss-120b-MXFP4-Q8", label: "GPT-OSS 120B" },
    });
    expect((await model("remove", "gpt-oss-120b")).code).toBe(0);
    expect(await house.text()).toBe(modelsPyText);
  });

  test("the circulating recipe is stopped by its path", async () => {
    const blocked = await model("add", "gpt-oss-120b", "--repo", "./mlx_models/gpt-oss-120b-4bit", "-o", "json");
    expect(blocked.code).toBe(1);
    const { outcome, findings } = JSON.parse(blocked.stdout);
    expect(outcome).toBe("blocked");
    expect(findings).toContainEqual(expect.objectContaining({ code: "repo_is_a_path", weight: "blocks" }));
  });

  test("a differing entry is shown, and replaced when asked", async () => {
    await model("add", ...llama);
    const other = ["my-llama", "--layers", "40", "--repo", "owner/my-llama", "--label", "My Llama"];
    const differs = await model("add", ...other);
    expect(differs.code).toBe(1);
    expect(differs.stdout).toContain("--replace");
    expect((await model("add", ...other, "--replace")).code).toBe(0);
    expect(await house.text()).toContain('"layers": 40');
  });

  test("what can't be edited is refused with line, reason and next step", async () => {
    await writeFile(house.file, `${modelsPyText}model_cards.update({})\n`);
    const refused = await model("add", ...llama);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("line 10 makes or changes it by code");
    expect(refused.stdout).toContain("→");
    expect((await model("remove", "my-llama")).stdout).toContain("exoctl has not added");
  });

  test.each([
    [["add", "unheard-of"], "unheard-of"],
    [["add", ...llama, "--engine", "torch"], "no engine torch"],
    [["add", ...llama, "--accept", "everything"], "no such fault"],
    [["add", "my llama", "--layers", "0", "--repo", "a/b"], "layers: expected"],
  ])("bad usage: %j", async (args, said) => {
    const result = await model(...args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(said);
  });

  test("no exo there is bad usage too", async () => {
    await mkdir(join(house.root, "empty"));
    const result = await runCli(sandbox, ["model", "add", ...llama, "--classic", join(house.root, "empty")]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("found no exo 0.0.x");
  });
});
