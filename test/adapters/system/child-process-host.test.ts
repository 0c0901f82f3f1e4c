import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { childProcessHost } from "../../../src/adapters/system/child-process-host.js";
import type { ProgramSpec } from "../../../src/agent/process-host.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-programs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const aProgram = (script: string): ProgramSpec => ({
  command: process.execPath,
  args: ["-e", script],
  env: { ONLY: "this" },
  cwd: folder,
  logFile: join(folder, "logs", "program.log"),
});
const logText = () => readFile(join(folder, "logs", "program.log"), "utf8").catch(() => "");
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test("output is appended to a log file that others can't read", async () => {
  for (const word of ["first", "second"]) {
    const program = await childProcessHost.start(aProgram(`console.log("${word}"); console.error(process.env.ONLY)`));
    expect(await program.exited).toEqual({ code: 0, signal: null });
  }
  expect(await logText()).toBe("first\nthis\nsecond\nthis\n");
  expect((await stat(join(folder, "logs", "program.log"))).mode & 0o777).toBe(0o600);
});

test("nothing of our own environment is inherited", async () => {
  process.env.EXOCTL_TEST_SECRET = "secret";
  const program = await childProcessHost.start(aProgram("console.log(JSON.stringify(process.env))"));
  delete process.env.EXOCTL_TEST_SECRET;
  await program.exited;
  expect(await logText()).not.toContain("secret");
});

test("how it ended is told", async () => {
  expect(await (await childProcessHost.start(aProgram("process.exit(3)"))).exited).toEqual({ code: 3, signal: null });
});

test("a signal reaches the program and its children", async () => {
  const parent = `
    const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    console.log("child " + pid); setInterval(() => {}, 1000);`;
  const program = await childProcessHost.start(aProgram(parent));
  await expect.poll(logText, { timeout: 10_000 }).toMatch(/child \d+\n/);
  const child = Number(/child (\d+)/.exec(await logText())?.[1]);
  program.signal("SIGTERM");
  expect(await program.exited).toEqual({ code: null, signal: "SIGTERM" });
  await expect.poll(() => isGone(child), { timeout: 5_000 }).toBe(true);
  // Again, when nothing is left to signal.
  program.signal("SIGKILL");
});

test("children that outlive a crash are ended", async () => {
  const parent = `
    const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    console.log("child " + pid); process.exit(1);`;
  const program = await childProcessHost.start(aProgram(parent));
  await program.exited;
  const child = Number(/child (\d+)/.exec(await logText())?.[1]);
  expect(child).toBeGreaterThan(1);
  await expect.poll(() => isGone(child), { timeout: 5_000 }).toBe(true);
});

test("a program that is not there is an error, not a crash", async () => {
  const missing = { ...aProgram(""), command: join(folder, "nothing") };
  await expect(childProcessHost.start(missing)).rejects.toMatchObject({ code: "ENOENT" });
});
