import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMacosHostProbe } from "../../../src/adapters/macos/macos-host-probe.js";

const { signal } = new AbortController();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-probe-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Stands in for exo's Python: the one command whose path is a setting. */
async function aPython(script: string): Promise<string> {
  const file = join(folder, "python3");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

test("a tool that is not there is missing", async () => {
  const probe = createMacosHostProbe({ exoPython: join(folder, "none") });
  expect(await probe.ask("metal-device-info", signal)).toEqual({ kind: "missing" });
  expect(await createMacosHostProbe().ask("metal-device-info", signal)).toEqual({ kind: "missing" });
});

test("output, error output and exit code are kept, and the locale is C", async () => {
  const exoPython = await aPython('echo "$LANG $LC_ALL $HOME"; echo trouble >&2; exit 3');
  const answer = await createMacosHostProbe({ exoPython }).ask("metal-device-info", signal);
  expect(answer).toEqual({ kind: "output", stdout: "C C \n", stderr: "trouble\n", exitCode: 3 });
});

test("the script for Metal goes in as one argument, apart from the environment", async () => {
  const exoPython = await aPython('echo "$#:$1:$2"; echo "$3" | grep -c mlx.core');
  const answer = await createMacosHostProbe({ exoPython }).ask("metal-device-info", signal);
  expect(answer).toMatchObject({ stdout: "3:-I:-c\n1\n", exitCode: 0 });
});

test("too much output is a failed command, not an answer", async () => {
  const exoPython = await aPython("exec yes");
  const answer = await createMacosHostProbe({ exoPython }).ask("metal-device-info", signal);
  expect(answer).toMatchObject({ kind: "output", exitCode: 255 });
});

test("the caller's signal ends the command", async () => {
  const exoPython = await aPython("exec sleep 60");
  const controller = new AbortController();
  const asked = createMacosHostProbe({ exoPython }).ask("metal-device-info", controller.signal);
  const reason = new Error("no longer wanted");
  controller.abort(reason);
  await expect(asked).rejects.toBe(reason);
});
