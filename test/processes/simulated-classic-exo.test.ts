import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHttpClassicExo } from "../../src/adapters/exo-classic/http-classic-exo.js";
import { simulatedClassicExo } from "../../src/processes/simulated-classic-exo.js";
import { prepareClassicMac } from "../../src/processes/simulated-classic-mac.js";
import { recording } from "../support/classic-recordings.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const facts = { model: "Mac Studio", chip: "Apple M2 Ultra", memoryGb: 192 };
const machine = { chip: "Apple M2 Ultra", model: "Mac Studio", memory: 1, flops: { fp32: 1, fp16: 1, int8: 1 } };

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-classic-mac-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function aMac() {
  const discovery = join(root, "discovery.json");
  const peer = { address: "127.0.0.1", port: 1, device_capabilities: machine };
  await writeFile(discovery, JSON.stringify({ peers: { a: peer } }));
  const fromSources = ["--import", here("../support/run-typescript.js")];
  const main = here("../../src/processes/simulated-classic-exo-main.ts");
  const places = await prepareClassicMac({ folder: root, mac: facts, timeScale: 0.05 }, main, fromSources);
  const flags = ["--node-id", "a", "--chatgpt-api-port", "0", "--inference-engine", "dummy", "--disable-tui"];
  return { places, args: [...flags, "--discovery-module", "manual", "--discovery-config-path", discovery] };
}

test("a process with exo's flags serves, measures through its PATH, and ends with exit code 1 on SIGTERM", async () => {
  const { places, args } = await aMac();
  const child = spawn(places.exo, args, {
    env: { PATH: `${places.bin}:/usr/bin:/bin` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let port: string | undefined;
  let output = "";
  for await (const part of child.stdout) {
    output += String(part);
    port = /API at http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    if (port !== undefined) break;
  }
  const exo = openHttpClassicExo({ address: { host: "127.0.0.1", port: Number(port) }, deadlineMs: 8_000 });
  const { nodes } = await exo.topology(AbortSignal.timeout(10_000));
  expect(nodes.get("a")).toMatchObject({ model: "Mac Studio", memoryMb: 196_608 });
  expect(await exo.models(AbortSignal.timeout(10_000))).toEqual(["llama-3.2-1b", "dummy"]);
  await exo.close();
  child.kill("SIGTERM");
  expect(await exited).toEqual([1, null]);
});

test("run sends one prompt, opens no API, and ends with 0 whatever came of it", async () => {
  const { args } = await aMac();
  const lines: string[] = [];
  const surroundings = {
    env: {},
    print: (line: string) => lines.push(line),
    complain: (line: string) => lines.push(line),
  };
  const run = (...more: readonly string[]) =>
    simulatedClassicExo(join(root, "classic-exo.json"), [...more, ...args], surroundings);
  const { exit_code, output } = recording("cli/run-gpt-oss-120b-before-entry");
  expect(await run("run", "gpt-oss-120b")).toBe(exit_code);
  expect(output).toContain(lines.at(-1));
  // Without system_profiler it has no memory, so the ring divides by zero; exo's exit code is the same.
  expect(await run("run", "dummy")).toBe(recording("cli/run-dummy").exit_code);
  expect(lines.at(-1)).toBe("Error processing prompt: division by zero");
  const measured = { ...surroundings, env: { PATH: `${join(root, "bin")}:/usr/bin:/bin` } };
  expect(await simulatedClassicExo(join(root, "classic-exo.json"), ["run", "dummy", ...args], measured)).toBe(0);
  expect(lines.at(-1)).toMatch(/^(dummy)+$/);
  expect(lines.some((line) => line.includes("API at"))).toBe(false);
  expect(await run("--no-such-flag")).toBe(2);
});
