import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/interop", import.meta.url));

function run(env: Readonly<Record<string, string>>) {
  const { status, stderr } = spawnSync(script, [], { encoding: "utf8", env: { PATH: process.env.PATH, ...env } });
  return { status, stderr };
}

test("where there is no exo, scripts/interop says so and is no failure", () => {
  expect(run({})).toEqual({ status: 0, stderr: expect.stringMatching(/^interop: skipped, because .*\n$/) });
  expect(run({ EXO_COMMAND: "/nowhere/exo --flag" })).toEqual({
    status: 0,
    stderr: expect.stringMatching(/^interop: skipped, because .*\n$/),
  });
});
