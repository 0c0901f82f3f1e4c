import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConvertSummary } from "../../src/controller/convert-api.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "../support/run-cli.js";

const longMs = 120_000;
const source = "openai/gpt-oss-tiny";
const sandbox = createCliSandbox();
let up: CliRun;
let models = "";

beforeAll(async () => {
  up = startCli(sandbox, ["up", "--simulate", "2", "-o", "json", "--listen", "127.0.0.1:0"]);
  await up.line((line) => line.trim() === "}");
  const folder = readFileSync(join(sandbox.home, "simulation"), "utf8").trim();
  models = join(folder, "macs", "studio-1", "exo", "models");
}, longMs);

afterAll(async () => {
  up.child.kill("SIGINT");
  await up.done;
  sandbox.remove();
}, longMs);

const convert = (...args: string[]) => runCli(sandbox, ["model", "convert", ...args]);
const unfinished = () => readdirSync(models).filter((name) => name.startsWith(".exoctl-convert-"));

test("says what it would do, and does it", async () => {
  const which = await convert(source);
  expect([which.code, which.stderr]).toEqual([2, expect.stringContaining("Say with --on")]);

  const dry = await convert(source, "--on", "studio-1", "--dry-run");
  expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining("mlx-lm 0.32.2 can convert it")]);
  expect(dry.stdout).toContain("mlx_lm convert -q --q-bits 8 --q-group-size 64 --dtype bfloat16");
  expect(dry.stdout).toContain("Nothing has been changed.");

  const done = await convert(source, "--on", "studio-1", "--quantization", "affine-4", "-o", "json");
  expect(done.code).toBe(0);
  const summary = JSON.parse(done.stdout) as ConvertSummary;
  expect(summary).toMatchObject({ node: "studio-1", target: "local/gpt-oss-tiny-4bit", result: { layers: 36 } });
  expect(summary.result?.weightBytes).toBe(summary.plan.steps.at(-1)?.expected.bytes);
  const inspected = await runCli(sandbox, ["model", "inspect", join(models, "local--gpt-oss-tiny-4bit"), "-o", "json"]);
  expect(JSON.parse(inspected.stdout)).toMatchObject({
    verdict: "complete",
    facts: { quantization: { name: "affine-4" } },
  });
  expect(unfinished()).toEqual([]);

  const again = await convert(source, "--on", "studio-1", "--quantization", "affine-4");
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("on this node already")]);
});

test("Ctrl-C cancels, and what is said about that is true", async () => {
  const run = startCli(sandbox, ["model", "convert", source, "--on", "studio-1", "--quantization", "affine-8"]);
  await expect.poll(unfinished, { timeout: 20_000 }).not.toEqual([]);
  run.child.kill("SIGINT");
  const { code, stderr } = await run.done;
  expect([code, unfinished()]).toEqual([1, []]);
  expect(stderr).toContain("the conversion was cancelled, and nothing of it is left");
  expect(readdirSync(models)).not.toContain("local--gpt-oss-tiny-8bit");
});

test("a client that is killed leaves nothing either", async () => {
  const run = startCli(sandbox, ["model", "convert", source, "--on", "studio-1", "--quantization", "affine-8"]);
  await expect.poll(unfinished, { timeout: 20_000 }).not.toEqual([]);
  run.child.kill("SIGKILL");
  await expect.poll(unfinished, { timeout: 20_000 }).toEqual([]);
});
