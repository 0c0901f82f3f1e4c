import { mkdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { inspectFolder, modelNameOf } from "../../src/cli/inspect-folder.js";
import { palette } from "../../src/cli/output.js";
import { renderInspection } from "../../src/cli/render/inspection-view.js";
import { gptOss120b } from "../../src/models/gpt-oss-architecture.js";
import type { ModelInspection } from "../../src/models/inspect/inspection.js";
import type { PlanResult } from "../../src/plan/plan-result.js";
import { originalTensors, smallGptOss } from "../support/fake-model.js";
import { mlxFolder, shardsOf, writeFolder } from "../support/fake-model-files.js";
import { createCliSandbox, runCli } from "../support/run-cli.js";

const sandbox = createCliSandbox();
const models = join(sandbox.temp, "models");
const q8 = join(models, "mlx-community--gpt-oss-120b-MXFP4-Q8");
const weights = "model-00007-of-00013.safetensors";
afterAll(() => sandbox.remove());

beforeAll(() => {
  mkdirSync(models);
  writeFolder(q8, mlxFolder(gptOss120b, "MXFP4-Q8", 13));
});

const run = (...args: string[]) => runCli(sandbox, ["model", "inspect", ...args]);
const studio = (name: string) => ({ name, chip: "m4max-64" });

async function planOf(model: unknown): Promise<PlanResult> {
  const inventory = {
    nodes: [studio("studio-1"), studio("studio-2"), studio("studio-3")],
    defaultLink: { alphaSec: 0.0015, bytesPerSec: 2.5e9 },
    model,
  };
  const file = join(sandbox.temp, "inventory.json");
  writeFileSync(file, JSON.stringify(inventory));
  const { code, stdout, stderr } = await runCli(sandbox, ["plan", "--inventory", file, "-o", "json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as PlanResult;
}

test("70 GB: the answer has a model that can be planned, like the one of the catalogue", async () => {
  const { code, stdout, stderr } = await run(q8, "-o", "json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { model, name, verdict } = JSON.parse(stdout) as ModelInspection;
  expect({ name, verdict }).toEqual({ name: "mlx-community/gpt-oss-120b-MXFP4-Q8", verdict: "complete" });
  const [inspected, catalogued] = [await planOf(model), await planOf("gpt-oss-120b")];
  if (inspected.kind !== "plan" || catalogued.kind !== "plan") throw new Error("no plan");
  expect(inspected.replicas).toEqual(catalogued.replicas);
  expect(inspected.predicted).toEqual(catalogued.predicted);
});

describe.each(["MXFP4-Q8", "MXFP4-Q4", "affine-4", "affine-8", "bf16"] as const)("%s", (quantization) => {
  test("a folder of its true size on disk is inspected in under 2 s", async () => {
    const folder = join(models, `gpt-oss-120b-${quantization}`);
    const files = mlxFolder(gptOss120b, quantization, 13);
    writeFolder(folder, files);
    const bytes = [...files.keys()].reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
    const start = performance.now();
    const { verdict, facts } = await inspectFolder(folder);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect({ verdict, name: facts?.quantization.name }).toEqual({ verdict: "complete", name: quantization });
    expect(bytes).toBeGreaterThan(facts?.bytes.total ?? Number.POSITIVE_INFINITY);
    rmSync(folder, { recursive: true });
  });
});

test("in words", async () => {
  const { code, stdout } = await run(q8);
  expect(code).toBe(0);
  for (const words of [
    "mlx-community/gpt-oss-120b-MXFP4-Q8 · GptOssForCausalLM",
    "● complete · 13 weight files read, 63.25 GB (58.91 GiB)",
    "MXFP4-Q8: experts MXFP4, other matrices affine 8 bits in groups of 64",
    "exactly 63254703744 bytes",
    "1722889984",
    "0, 2 … 34",
    "offered, in 2 parts",
  ])
    expect(stdout).toContain(words);
  expect(stdout.split("\n").every((line) => line.length <= 100)).toBe(true);
});

test("as YAML", async () => {
  const { code, stdout } = await run(q8, "-o", "yaml");
  expect(code).toBe(0);
  expect(parse(stdout)).toMatchObject({ verdict: "complete", model: { layers: 36 } });
});

test("a folder of models: each with its verdict, and no line for what holds no model", async () => {
  const root = join(sandbox.temp, "list");
  mkdirSync(join(root, "caches"), { recursive: true });
  writeFileSync(join(root, "notes.txt"), "");
  symlinkSync("nowhere", join(root, "dangling"));
  writeFolder(join(root, "local--gpt-oss-whole"), mlxFolder(smallGptOss, "affine-4", 3));
  writeFolder(join(root, "local--gpt-oss-cut"), mlxFolder(smallGptOss, "MXFP4-Q8", 13));
  truncateSync(join(root, "local--gpt-oss-cut", weights), 900);
  const list = (...args: string[]) => runCli(sandbox, ["model", "list", "--folder", root, ...args]);
  const { code, stdout } = await list("-o", "json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: "local/gpt-oss-cut", verdict: "broken", exoComplete: true, problem: expect.stringContaining(weights) },
    { name: "local/gpt-oss-whole", verdict: "complete", exoComplete: true, quantization: "affine-4", problem: null },
  ]);
  expect((await list()).stdout).toContain("local/gpt-oss-whole  complete");
  expect((await runCli(sandbox, ["model", "list", "--folder", join(root, "caches")])).stdout).toContain(
    "No folder in there",
  );
  expect((await runCli(sandbox, ["model", "list", "--folder", join(root, "absent")])).code).toBe(2);
});

describe("exit codes", () => {
  const broken = (name: string, spoil: (folder: string) => void): string => {
    const folder = join(models, name);
    writeFolder(folder, mlxFolder(smallGptOss, "MXFP4-Q8", 13));
    spoil(folder);
    return folder;
  };

  test("1 for a download that broke off, with what to do", async () => {
    const { code, stdout, stderr } = await run(broken("gpt-oss-gap", (folder) => rmSync(join(folder, weights))));
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toContain("◐ incomplete");
    expect(stdout).toContain(`◐ ${weights}: the index names it, but it is not there`);
    expect(stdout).toContain("→ Download it, or finish the download that was interrupted.");
  });

  test.each([
    ["a loop of links", (path: string) => symlinkSync(path, path), "its links lead round in circles"],
    ["a folder", (path: string) => mkdirSync(path), "a folder has its name"],
    ["noise", (path: string) => writeFileSync(path, "\xff".repeat(100)), "the limit is 100 MB"],
  ])("1 for %s in place of a weight file", async (what, put, why) => {
    const folder = broken(`gpt-oss ${what}`, (root) => {
      rmSync(join(root, weights));
      put(join(root, weights));
    });
    const { code, stdout } = await run(folder);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ broken");
    expect(stdout.replace(/\s+/g, " ")).toContain(why);
  });

  test("1 for OpenAI's original weights", async () => {
    const folder = join(models, "original");
    writeFolder(folder, shardsOf(originalTensors(smallGptOss), 1));
    const { code, stdout } = await run(folder);
    expect(code).toBe(1);
    expect(stdout).toContain("whole, but of no use to exo");
  });

  test("2 for no folder, with nothing on standard output", async () => {
    for (const args of [[join(models, "absent")], [join(q8, "config.json")], [], [q8, "-o", "xml"]]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).not.toBe("");
    }
  });
});

test("--help has an example", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  expect(stdout).toContain("exoctl model inspect ~/.exo/models/");
});

test("names and messages can't move the cursor", async () => {
  const folder = join(models, "gpt-oss-names");
  writeFolder(folder, mlxFolder(smallGptOss, "bf16", 1));
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ architectures: ["\u001b[2J\u0007evil"], model_type: "\u001b]0;x" }),
  );
  const inspection = await inspectFolder(folder);
  const text = renderInspection(inspection, { colors: palette(process.stdout), width: 100 }).join("\n");
  expect([...text].some((sign) => sign < " " && sign !== "\n")).toBe(false);
});

test.each([
  ["/a/mlx-community--gpt-oss-20b-MXFP4-Q8", "mlx-community/gpt-oss-20b-MXFP4-Q8"],
  ["/a/gpt-oss-120b-4bit/", "gpt-oss-120b-4bit"],
  ["/a/models--openai--gpt-oss-120b/snapshots/0123abc", "openai/gpt-oss-120b"],
  ["/", "model"],
])("a model in %s is called %s", (folder, name) => {
  expect(modelNameOf(folder)).toBe(name);
});
