import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createChildConverter } from "../../../src/adapters/system/child-converter.js";
import { findConverterPython } from "../../../src/adapters/system/find-converter-python.js";
import { mlxLmProgram } from "../../../src/adapters/system/mlx-lm-program.js";
import { isAlive, openConversionHouse } from "../../support/conversion-house.js";
import { makeFakePython } from "../../support/fake-python.js";
import { waitUntil } from "../../support/wait-until.js";

const { signal } = new AbortController();
let root = "";
let python = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "exoctl-python-"));
  python = makeFakePython(join(root, "venv"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const converter = () => createChildConverter(mlxLmProgram(python, root));

describe("mlx_lm on a Python of the machine", () => {
  test("tells its version and the types of models that it knows", async () => {
    const state = await converter().describe(signal);
    if (state.kind !== "ready") throw new Error(state.why);
    expect(state.report.version).toBe("0.32.2");
    expect(state.report.modelTypes).toEqual(expect.arrayContaining(["architecture_99", "gpt_oss", "llama", "mistral"]));
  });

  test("gets the command line of mlx_lm, no network, and nothing of our environment", async () => {
    let printed = "";
    const run = { source: "/models/a", result: "/models/b", args: ["-q", "--q-bits", "8"] };
    const exit = await converter().run(run, (chunk) => (printed += chunk), signal);
    expect([exit.code, exit.signal]).toEqual([0, null]);
    const told = JSON.parse(printed);
    expect(told.argv.slice(1)).toEqual(["convert", "--hf-path", "/models/a", "--mlx-path", "/models/b", ...run.args]);
    const { LC_CTYPE: _python, __CF_USER_TEXT_ENCODING: _macos, ...environment } = told.env;
    expect(environment).toEqual({
      HF_HUB_OFFLINE: "1",
      TRANSFORMERS_OFFLINE: "1",
      HF_HUB_DISABLE_TELEMETRY: "1",
      HOME: root,
      TMPDIR: root,
      LANG: "C.UTF-8",
      PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
    });
    expect(told.path).not.toContain("");
    expect(told.path).not.toContain(root);
  });

  test("is missing where there is no such Python, or no mlx_lm in it", async () => {
    const none = createChildConverter(mlxLmProgram(join(root, "nothing"), root));
    expect(await none.describe(signal)).toMatchObject({ why: expect.stringContaining("there is no such program") });
    const bare = createChildConverter({ ...mlxLmProgram(python, root), describe: { file: "/bin/false", args: [] } });
    expect(await bare.describe(signal)).toMatchObject({
      kind: "missing",
      fix: expect.stringContaining("--converter-python"),
    });
  });
});

describe("after kill -9 of the agent", () => {
  test.each([
    ["the played converter", "played"],
    ["a Python that is busy and never looks at its input", "python"],
  ])("%s ends, and the next agent removes what it wrote", async (_what, which) => {
    const home = join(root, which);
    const house = await openConversionHouse({ root: home });
    const child = resolve("test/support/convert-killed.ts");
    const args = ["--import", resolve("test/support/run-typescript.js"), child, home];
    const agent = spawn(process.execPath, which === "python" ? [...args, python] : args, { stdio: "inherit" });
    const left = join(house.models, ".exoctl-convert-local--gpt-oss-120b-new", "model");
    const file = which === "python" ? join(left, "pid") : join(home, "runs.txt");
    const ended = once(agent, "exit");
    try {
      const written = () => existsSync(left) && existsSync(file) && readFileSync(file, "utf8") !== "";
      // The process of the agent has to load all of it first.
      await expect.poll(written, { timeout: 90_000, interval: 20 }).toBe(true);
      expect(isAlive(Number.parseInt(readFileSync(file, "utf8"), 10))).toBe(true);
    } finally {
      agent.kill("SIGKILL");
      await ended;
    }
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    await waitUntil(() => !isAlive(pid), "the converter to end");
    expect(existsSync(left)).toBe(true);
    await openConversionHouse({ root: home });
    expect(house.names()).toEqual(["openai--gpt-oss-120b"]);
  });
});

describe("the Python of an exo command", () => {
  const script = (firstLine: string): string => {
    const file = join(root, "venv", "bin", "exo");
    writeFileSync(file, `${firstLine}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  test("is the one that its first line names, or else the one beside it", async () => {
    expect(await findConverterPython(script(`#!${python}`))).toBe(python);
    expect(await findConverterPython(script("#!/bin/sh"))).toBe(python);
    expect(await findConverterPython(script("#!/nowhere/python3"))).toBe(python);
  });

  test("is unknown for a command without a path, and where there is none", async () => {
    expect(await findConverterPython(undefined)).toBeUndefined();
    expect(await findConverterPython("exo")).toBeUndefined();
    expect(await findConverterPython(join(root, "nothing", "exo"))).toBeUndefined();
  });
});
