import { randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { openGrpcClassicPeer } from "../../src/adapters/exo-classic/grpc-classic-peer.js";
import { openHttpClassicExo } from "../../src/adapters/exo-classic/http-classic-exo.js";
import { openModernExo } from "../../src/adapters/exo-modern/open-modern-exo.js";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import { openUndiciUpstream } from "../../src/adapters/http/undici-upstream.js";
import { openStateFolder } from "../../src/adapters/sqlite/state-folder.js";
import { systemClock } from "../../src/adapters/system/system-clock.js";
import type { ProcessHost, ProgramExit, ProgramSpec } from "../../src/agent/process-host.js";
import { nodeName } from "../../src/cluster/names.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";
import { createController } from "../../src/controller/controller.js";
import { openGateway } from "../../src/gateway/serve-gateway.js";
import { type RunningAgent, startAgent } from "../../src/processes/agent-process.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { buildMacProfiles } from "../../src/simulate/build-mac-profiles.js";
import { parseClassicFlags } from "../../src/simulate/classic/classic-flags.js";
import { readClassicCards } from "../../src/simulate/classic/classic-registry.js";
import { type RunningClassicExo, startClassicExo } from "../../src/simulate/classic/run-classic-exo.js";
import { createSimulatedHostProbe } from "../../src/simulate/simulated-host-probe.js";
import { anIdentity } from "./agent-identities.js";

/** Of exo's waits: its health checks then fail after half a second, which a busy machine keeps. */
const timeScale = 0.1;

const modelsPyText = [
  "model_cards = {",
  '  "llama-3.2-1b": { "layers": 16, "repo": { "MLXDynamicShardInferenceEngine": "mlx-community/llama", }, },',
  "}",
  "pretty_name = {",
  '  "llama-3.2-1b": "Llama 3.2 1B",',
  "}",
  "",
].join("\n");

/** A port below the range that systems hand out by themselves: exo is started more than once on it. */
async function quietPort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error("no port is free");
}

export interface RingMachine {
  readonly name: string;
  readonly agent: RunningAgent;
  readonly modelsPy: string;
  /** Where its substitute tools would be. */
  readonly substitute: string;
  /** How often exo was started there. */
  readonly starts: () => number;
  /** Ends exo as SIGKILL would. */
  kill(): Promise<void>;
}

/** Runs the simulated exo in this process, by the command line that the agent has rendered. */
function exoInProcess(modelsPy: string, stepMs: () => number) {
  let running: { readonly exo: RunningClassicExo; end(exit: ProgramExit): void } | undefined;
  let starts = 0;
  const host: ProcessHost = {
    start: async ({ args, env }: ProgramSpec) => {
      starts += 1;
      const exo = await startClassicExo({
        flags: parseClassicFlags(args, randomUUID),
        settings: { modelsPy, entries: [], apiHost: "127.0.0.1", timeScale, tokens: 10, stepMs: stepMs() },
        cards: readClassicCards(await readFile(modelsPy, "utf8")),
        env,
        clock: systemClock,
      });
      let end: (exit: ProgramExit) => void = () => {};
      const exited = new Promise<ProgramExit>((resolve) => {
        end = resolve;
      });
      running = { exo, end };
      const stop = (code: number | null, signal: string | null): void =>
        void exo.close().then(() => end({ code, signal }));
      return { pid: process.pid, exited, signal: (name) => (name === "SIGKILL" ? stop(null, name) : stop(1, null)) };
    },
  };
  const kill = async (): Promise<void> => {
    await running?.exo.close();
    running?.end({ code: null, signal: "SIGKILL" });
  };
  return { host, kill, starts: () => starts };
}

/** A cluster of simulated exo 0.0.x with real agents, a real controller and its gateway, all on loopback. */
export async function openRingHouse(
  names: readonly string[],
  clusterYaml: string,
  options: {
    readonly modernNodes?: readonly string[];
    readonly engine?: "mlx" | "dummy";
    readonly stepMs?: number;
  } = {},
) {
  const before = tls.DEFAULT_MIN_VERSION;
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const root = await mkdtemp(join(tmpdir(), "exoctl-ring-"));
  const closers: (() => Promise<void>)[] = [() => rm(root, { recursive: true, force: true })];
  const own = await anIdentity("controller");
  const store = await openStateFolder(join(root, "state"));
  closers.push(() => store.close());
  const macs = names.map((name) => ({ name, chip: "Apple M4 Max", memoryGb: 64, metal: "present" as const }));
  const profiles = buildMacProfiles({ macs, cables: [], network: "ethernet-10g" });
  const machine = async (name: string, at: number): Promise<RingMachine> => {
    const folder = join(root, name);
    const modelsPy = join(folder, "checkout", "exo", "models.py");
    await mkdir(join(folder, "checkout", "exo", "inference", "mlx", "models"), { recursive: true });
    await writeFile(join(folder, "checkout", "exo", "inference", "mlx", "models", "llama.py"), "");
    await writeFile(modelsPy, modelsPyText);
    await mkdir(join(folder, "bin"));
    const profiler = join(folder, "bin", "system_profiler");
    await writeFile(
      profiler,
      "#!/bin/sh\necho '      Model Name: Mac Studio'\necho '      Chip: Apple M4 Max'\necho '      Memory: 64 GB'\n",
    );
    await chmod(profiler, 0o755);
    const identity = await anIdentity(name);
    const exo = exoInProcess(modelsPy, () => options.stepMs ?? 0);
    const [apiPort, nodePort] = [await quietPort(), await quietPort()];
    const profile = profiles[at];
    if (profile === undefined) throw new Error(`no profile of ${name}`);
    const classic = options.modernNodes?.includes(name) !== true;
    const home = join(folder, "agent");
    const agent = await startAgent({
      homeFolder: home,
      name,
      agentVersion: "0.1.0",
      machine: "simulated",
      listen: { host: "127.0.0.1", port: 0 },
      identity,
      controller: own,
      hostProbe: createSimulatedHostProbe(profile, { exoHome: join(folder, "exo") }),
      exo: {
        apiPort,
        cardsFolder: join(folder, "cards"),
        modelsFolders: [join(folder, "models")],
        generation: classic ? "classic" : "modern",
        onClose: "stop",
        start: "on-request",
        program: {
          command: "exo",
          args: [],
          env: { PATH: `${join(folder, "bin")}:/usr/bin:/bin` },
          cwd: folder,
          logFile: join(folder, "log"),
        },
        ...(classic
          ? {
              classic: {
                installations: [join(folder, "checkout")],
                exoHome: join(folder, "exo"),
                currentFolder: folder,
              },
              classicStart: {
                nodePort,
                engine: options.engine ?? "dummy",
                memoryFrom: "system_profiler" as const,
                platform: "darwin" as const,
              },
            }
          : {}),
      },
      advertise: async () => async () => {},
      logger: silentLogger,
      clock: systemClock,
      processHost: exo.host,
    });
    closers.push(agent.close);
    const token = { id: randomUUID(), key: "k".repeat(43), createdAt: Date.now(), expiresAt: Date.now() + 60_000 };
    await store.addToken(token);
    const redeemed = await store.redeemToken(token.id, {
      agentId: agent.agentId,
      name: nodeName(name),
      pin: identity.pin,
      certificatePem: identity.certificatePem,
      enrolledAt: Date.now(),
      lastAddress: { host: "127.0.0.1", port: agent.port },
      cordoned: false,
    });
    if (redeemed !== "redeemed") throw new Error(redeemed);
    const substitute = join(home, "classic", "bin", "system_profiler");
    return { name, agent, modelsPy, substitute, starts: exo.starts, kill: exo.kill };
  };
  const machines: RingMachine[] = [];
  for (const [at, name] of names.entries()) machines.push(await machine(name, at));

  const lifetime = new AbortController();
  const controller = createController({
    settings: {
      spec: specOf(clusterYaml),
      clusterYaml,
      version: "0.1.0",
      pid: process.pid,
      simulated: true,
      exoHosts: undefined,
      enrolment: undefined,
      timings: { pollMs: 150 },
    },
    store,
    admin: {
      url: () => null,
      calls: {
        createOpenLink: async () => ({ url: "", expiresAt: 0 }),
        listSessions: () => [],
        endSessions: async () => ({ ended: 0 }),
        readAudit: async () => [],
      },
    },
    ownKeys: { current: () => own, older: () => [], renew: async () => {}, dropOlder: async () => {} },
    keyUse: { usageOf: () => undefined, endRequestsOf: () => {} },
    watch: { sightings: () => [], hints: () => [], verified: () => {}, close: async () => {} },
    dial: (member, { host, port }) => openAgentLink({ host, port, own, agent: member }),
    connectExo: openModernExo,
    connectClassic: (api, peer) => ({
      api: openHttpClassicExo({ address: api }),
      peer: openGrpcClassicPeer({ address: peer }),
    }),
    clock: systemClock,
    logger: silentLogger,
    newUuid: randomUUID,
    randomBytes,
    lifetime: lifetime.signal,
  });
  closers.push(controller.close);
  const upstream = openUndiciUpstream();
  closers.push(upstream.close);
  const gateway = await openGateway({
    listen: { host: "127.0.0.1", port: 0 },
    models: controller.serving,
    upstream,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    limits: { closeGraceMs: 100 },
  });
  closers.push(gateway.close);
  await controller.begin();
  closers.push(async () => {
    lifetime.abort(new Error("closing"));
    await controller.ended();
  });
  return {
    machines,
    controller,
    gateway: `http://127.0.0.1:${gateway.port}`,
    apply: async (yaml?: string, mode: "apply" | "dry-run" = "apply") => {
      const told: string[] = [];
      const request = { mode, by: "test", ...(yaml === undefined ? {} : { clusterYaml: yaml }) };
      const done = await controller.api.apply(request, (line) => void told.push(line.text), lifetime.signal);
      return { ...done, told };
    },
    observe: () => controller.access.observe(lifetime.signal),
    close: async () => {
      for (const close of closers.toReversed()) await close();
      tls.DEFAULT_MIN_VERSION = before;
    },
  };
}

function specOf(text: string) {
  const read = readClusterSpec(text, "cluster.yaml");
  if (read.kind === "ok") return read.spec;
  throw new Error(JSON.stringify(read.issues));
}
