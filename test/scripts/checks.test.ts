import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "exoctl-checks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of the repository on a JSON file. */
function run(script: string, input: unknown, env: Readonly<Record<string, string>> = {}) {
  const file = join(folder, "input.json");
  writeFileSync(file, JSON.stringify(input));
  const path = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url));
  const { EXOCTL_REQUIRE_ALL: _, ...inherited } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, file], {
    encoding: "utf8",
    env: { ...inherited, ...env },
  });
  return { status, stdout, stderr };
}

describe("check-engines", () => {
  const lock = (locked: object) => ({
    packages: { "": {}, "node_modules/a/node_modules/@s/b": { version: "1.0.0", ...locked } },
  });

  test("accepts what runs on Node 20.19", () => {
    for (const node of [">=18", "^20.9.0 || >=22", "20 || >=22"])
      expect(run("check-engines.js", lock({ engines: { node } })).status).toBe(0);
    expect(run("check-engines.js", lock({})).status).toBe(0);
  });

  test("names a package that needs a newer Node", () => {
    const result = run("check-engines.js", lock({ engines: { node: ">=22" } }));
    expect(result).toMatchObject({ status: 1, stderr: "@s/b 1.0.0 needs Node >=22, we promise 20.19.0\n" });
  });

  test("names a package that is locked to an address", () => {
    const result = run("check-engines.js", lock({ resolved: "https://npm.example/b.tgz" }));
    expect(result).toMatchObject({ status: 1, stderr: "@s/b is locked to an address: https://npm.example/b.tgz\n" });
  });
});

describe("summarize-tests", () => {
  const suite = (...statuses: string[]) => ({
    name: "x.test.ts",
    status: statuses.includes("failed") || statuses.length === 0 ? "failed" : "passed",
    assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })),
  });
  const summarize = (report: unknown, env = {}) => run("summarize-tests.js", report, env);

  test("ends with the two numbers alone on a line", () => {
    expect(summarize({ testResults: [suite("passed", "passed"), suite("passed")] })).toMatchObject({
      status: 0,
      stdout: "3 passed, 0 failed\n",
    });
    expect(summarize({ testResults: [suite("passed", "failed")] })).toMatchObject({
      status: 1,
      stdout: "1 passed, 1 failed\n",
    });
  });

  test("counts a file that could not be loaded as a failure", () => {
    const { status, stdout } = summarize({ testResults: [suite("passed"), suite()] });
    expect({ status, last: stdout.trimEnd().split("\n").at(-1) }).toEqual({ status: 1, last: "1 passed, 1 failed" });
  });

  test("no test at all is a failure", () => {
    expect(summarize({ testResults: [] }).status).toBe(1);
  });

  test("names what was skipped, and fails on it where everything is required", () => {
    const report = { testResults: [suite("passed", "skipped", "todo")] };
    expect(summarize(report)).toMatchObject({
      status: 0,
      stdout: "skipped: test 1\nskipped: test 2\n1 passed, 0 failed\n",
    });
    expect(summarize(report, { EXOCTL_REQUIRE_ALL: "1" }).status).toBe(1);
  });
});
