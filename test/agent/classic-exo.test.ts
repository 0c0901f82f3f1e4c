import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openClassicLaunchDisk } from "../../src/adapters/files/classic-launch-disk.js";
import { createAuthority } from "../../src/agent/authority.js";
import { createClassicExo } from "../../src/agent/classic-exo.js";
import { createExoSupervisor } from "../../src/agent/exo-supervisor.js";
import type { ProgramSpec } from "../../src/agent/process-host.js";
import type { ClassicExoSettings } from "../../src/cluster/classic-launch.js";
import { protocolVersion } from "../../src/cluster/node-report.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createFakeProcessHost } from "../support/agent-fake-programs.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";

const caller = { pin: "controller", term: 1, protocolVersion };
const { signal } = new AbortController();
let root = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-classic-exo-"));
  await mkdir(join(root, "tools"));
  const real =
    '#!/bin/sh\nif [ "$1" = SPHardwareDataType ]; then echo "      Chip: Apple M4 Max"; echo "      Memory: 64 GB"; else echo "$@"; fi\n';
  await writeFile(join(root, "tools", "system_profiler"), real);
  await chmod(join(root, "tools", "system_profiler"), 0o755);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const peer = (id: string, port: number) => ({
  id,
  address: "127.0.0.1",
  port,
  model: "Mac16,9",
  chip: "Apple M4 Max",
  memoryMb: 65_536,
});
const settings: ClassicExoSettings = {
  nodeId: "studio-1",
  peers: [peer("studio-1", 7_001), peer("studio-2", 7_002)],
  defaultModel: "oss-120b",
  repo: "mlx-community/model",
  responseTimeoutSec: 900,
};

/** An agent's exo 0.0.x with real files and a fake process. */
async function house(memoryFrom: "system_profiler" | "in-process" = "system_profiler") {
  const clock = createManualClock();
  const authority = createAuthority(clock, silentLogger);
  authority.takeLease(caller, 1);
  const programs = createFakeProcessHost();
  const started: ProgramSpec[] = [];
  const host = {
    start: (program: ProgramSpec) => {
      started.push(program);
      return programs.start(program);
    },
  };
  const program = {
    command: "/opt/exo/bin/exo",
    args: [],
    env: { PATH: join(root, "tools") },
    cwd: "/",
    logFile: "/l",
  };
  let digest = "a".repeat(64);
  const exo = createClassicExo({
    publishers: ["mlx-community"],
    install: { program, nodePort: 7_001, apiPort: 7_101, engine: "dummy", memoryFrom },
    files: await openClassicLaunchDisk(join(root, "classic"), join(root, "exo")),
    registryDigest: async () => digest,
    describeMachine: async () => ({
      hardware: { modelIdentifier: "Mac16,9", chip: "Apple M4 Max", memoryBytes: 64 * 2 ** 30 },
      memory: { totalBytes: 1, availableBytes: 1, workingSetBytes: 1, workingSetSource: "estimated" },
    }),
    platform: "darwin",
    authority,
    host,
    supervise: (rendered, first) =>
      createExoSupervisor({ program: first, host: rendered, clock, logger: silentLogger }),
    logger: silentLogger,
  });
  const change = (text: string): void => {
    digest = text;
  };
  return { ...exo, started, programs, clock, change };
}

const discovery = join("classic", "peers.json");
const profiler = () => join(root, "classic", "bin", "system_profiler");
const runs = async (path: string, ...args: string[]) => (await promisify(execFile)(path, args)).stdout;

test("the command line is rendered from typed settings, with files that exo finds", async () => {
  const { service, supervisor, started } = await house();
  await service.configure(caller, settings, signal);
  await supervisor.start();
  expect(started[0]?.args.join(" ")).toBe(
    `--node-id studio-1 --node-host 127.0.0.1 --node-port 7001 --discovery-module manual --discovery-config-path ${join(root, discovery)} --disable-tui --default-model oss-120b --chatgpt-api-port 7101 --chatgpt-api-response-timeout 900 --inference-engine dummy`,
  );
  expect(started[0]?.env).toMatchObject({ TMPDIR: join(root, "classic", "tmp"), EXO_HOME: join(root, "exo") });
  const { peers } = JSON.parse(await readFile(join(root, discovery), "utf8"));
  expect(Object.keys(peers)).toEqual(["studio-1", "studio-2"]);
  expect(peers["studio-2"]).toEqual({
    address: "127.0.0.1",
    port: 7_002,
    device_capabilities: {
      model: "Mac16,9",
      chip: "Apple M4 Max",
      memory: 65_536,
      flops: { fp32: 0, fp16: 0, int8: 0 },
    },
  });
  await supervisor.close("stop");
});

test("nothing is started before the controller has said with whom", async () => {
  const { supervisor } = await house();
  await expect(supervisor.start()).rejects.toThrow("needs to know its peers");
  expect(supervisor.status().problem).toContain("exoctl apply");
});

test("a new file of peers is later than the one before, and the same one is left alone", async () => {
  const { service } = await house();
  await service.configure(caller, settings, signal);
  const first = await stat(join(root, discovery));
  await service.configure(caller, settings, signal);
  expect((await stat(join(root, discovery))).mtimeMs).toBe(first.mtimeMs);
  await service.configure(caller, { ...settings, peers: settings.peers.slice(0, 1) }, signal);
  expect((await stat(join(root, discovery))).mtimeMs).toBeGreaterThan(first.mtimeMs);
});

test("the model's files are laid out as offline caches before each start", async () => {
  const { service, supervisor, programs, clock, started } = await house();
  const model = join(root, "exo", "downloads", "mlx-community--model");
  await mkdir(join(model, "sub"), { recursive: true });
  await writeFile(join(model, "model.safetensors.index.json"), '{"weight_map":{}}');
  await writeFile(join(model, "config.json"), "{}");
  await service.configure(caller, settings, signal);
  await supervisor.start();
  const caches = join(root, "classic", "tmp", "exo");
  const list = async () =>
    JSON.parse(await readFile(join(caches, "mlx-community--model--main--file_list.json"), "utf8"));
  expect(await list()).toEqual([
    { path: "config.json", size: 2 },
    { path: "model.safetensors.index.json", size: 17 },
  ]);
  expect(await readFile(join(caches, "mlx-community--model", "model.safetensors.index.json"), "utf8")).toBe(
    '{"weight_map":{}}',
  );
  await writeFile(join(model, "sub", "more.txt"), "abc");
  programs.programs[0]?.end({ code: 1, signal: null });
  await settle();
  await clock.advance(1_000);
  while (started.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(await list()).toContainEqual({ path: "sub/more.txt", size: 3 });
  await supervisor.close("stop");
});

test("a forced memory value changes one line for exo alone, and goes when exo stops", async () => {
  const { service, supervisor, started } = await house();
  await service.configure(caller, { ...settings, forcedMemoryMb: 555_556 }, signal);
  await supervisor.start();
  expect(started[0]?.env.PATH).toBe(`${join(root, "classic", "bin")}:${join(root, "tools")}`);
  expect(await runs(profiler(), "SPHardwareDataType")).toBe("      Chip: Apple M4 Max\n      Memory: 555556 MB\n");
  expect(await runs(profiler(), "SPNetworkDataType", "-json")).toBe("SPNetworkDataType -json\n");
  expect((await service.describe(signal)).running?.settings.forcedMemoryMb).toBe(555_556);
  await supervisor.stop();
  await expect(stat(profiler())).rejects.toThrow("ENOENT");
});

test("switching off, or removing the model, takes the substitute away", async () => {
  const { service, supervisor, forget, started } = await house();
  const forced = { ...settings, forcedMemoryMb: 10 };
  await service.configure(caller, forced, signal);
  await supervisor.start();
  await service.configure(caller, settings, signal);
  await expect(stat(profiler())).rejects.toThrow("ENOENT");
  await supervisor.stop();
  await service.configure(caller, forced, signal);
  await supervisor.start();
  await forget("oss-120b");
  await expect(stat(profiler())).rejects.toThrow("ENOENT");
  await supervisor.stop();
  await supervisor.start();
  expect(started.at(-1)?.env.PATH).toBe(join(root, "tools"));
  await supervisor.close("stop");
});

test("an exo that reads memory itself can't be forced, and says why", async () => {
  const { service } = await house("in-process");
  const why = "exo 0.0.x on Linux reads the machine's memory itself";
  expect((await service.describe(signal)).cannotForce).toContain(why);
  await expect(service.configure(caller, { ...settings, forcedMemoryMb: 10 }, signal)).rejects.toThrow(why);
});

test("the report tells which registry the running exo has read", async () => {
  const { service, supervisor, change } = await house();
  expect((await service.describe(signal)).running).toBeUndefined();
  await service.configure(caller, settings, signal);
  await supervisor.start();
  change("b".repeat(64));
  const { running, configured, memoryMb } = await service.describe(signal);
  expect(running).toEqual({ settings, registryDigest: "a".repeat(64) });
  expect(configured).toEqual(settings);
  expect(memoryMb).toBe(65_536);
  await supervisor.close("stop");
});

test("what is not plain is refused, whoever asks", async () => {
  const { service } = await house();
  const refused = async (change: Partial<ClassicExoSettings>) =>
    await service.configure(caller, { ...settings, ...change }, signal).then(
      () => "accepted",
      (error: unknown) => String(error),
    );
  expect(await refused({ nodeId: "--run-model" })).toContain("nodeId");
  expect(await refused({ defaultModel: "a b" })).toContain("defaultModel");
  expect(await refused({ repo: "../../etc" })).toContain("repo");
  expect(await refused({ peers: [{ ...peer("studio-1", 7_001), address: "evil.example" }] })).toContain("address");
  expect(await refused({ peers: [peer("studio-1", 7_001), peer("studio-1", 7_001)] })).toContain("twice");
  expect(await refused({ peers: [peer("studio-1", 9)] })).toContain("own port is 7001");
  expect(await refused({ forcedMemoryMb: 2 ** 31 })).toContain("forcedMemoryMb");
  await expect(service.configure({ ...caller, term: undefined }, settings, signal)).rejects.toThrow();
});
