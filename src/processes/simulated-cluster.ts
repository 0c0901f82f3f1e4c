import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadOrCreateIdentity } from "../adapters/tls/identity.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import { type FabricRelay, startFabricRelay } from "../simulate/fabric/fabric-relay.js";
import { prepareSimulatedHome } from "../simulate/prepare-home.js";
import type { SimulatedMac, Simulation } from "../simulate/simulated-cluster-spec.js";
import { prepareClassicMac } from "./simulated-classic-mac.js";
import type { SimulatedMacFile } from "./simulated-mac-file.js";
import { agentCommonName } from "./state-names.js";

const main = fileURLToPath(new URL("../cli/main.js", import.meta.url));
const loopback = "127.0.0.1";
/** A simulated Mac gets so long to end by itself. */
const stopGraceMs = 5_000;

export interface SimulatedClusterSettings {
  readonly simulation: Simulation;
  /** Which exo the Macs have. */
  readonly generation: "modern" | "classic";
  /** 1 is real time. */
  readonly timeScale: number;
  /** The same for prompts and tokens. */
  readonly tokenScale: number;
  /** Everything that the simulated Macs write goes in here. */
  readonly folder: string;
  readonly controller: { readonly host: string; readonly port: number };
  /** Makes one join token; called once for each Mac. */
  readonly createToken: (name: string) => Promise<string>;
  readonly mdnsPort: number;
}

/** Starts each simulated Mac as a process of its own, and the switch between their exos. Closing ends all of it. */
export async function startSimulatedCluster(settings: SimulatedClusterSettings): Promise<Close> {
  const relay = await startFabricRelay({ host: loopback, port: 0 });
  const closers: Close[] = [relay.close];
  try {
    const { macs: wanted } = settings.simulation;
    const ports = await freePorts(2 * wanted.length);
    const starts = wanted.map((mac, index) =>
      startMac(mac, { api: ports[index] ?? 0, node: ports[wanted.length + index] ?? 0 }, relay, settings),
    );
    const started = await Promise.allSettled(starts);
    closers.push(...started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
    for (const one of started) if (one.status === "rejected") throw one.reason;
    const [relayClose, ...macs] = closers;
    return closeAll([relayClose ?? relay.close, async () => void (await Promise.all(macs.map((close) => close())))]);
  } catch (error) {
    await closeAll(closers)();
    throw error;
  }
}

async function startMac(
  mac: SimulatedMac,
  ports: { readonly api: number; readonly node: number },
  relay: FabricRelay,
  settings: SimulatedClusterSettings,
): Promise<Close> {
  const { name } = mac.profile;
  const folder = join(settings.folder, name);
  const exoHome = join(folder, "exo");
  await mkdir(exoHome, { recursive: true, mode: 0o700 });
  await prepareSimulatedHome(exoHome, mac.weights);
  const { profile, modelsFolders, exo: atStart, ...kind } = mac;
  const { uplinkBytesPerSec } = settings.simulation;
  const exo = {
    home: exoHome,
    apiHost: loopback,
    apiPort: ports.api,
    relay: { host: loopback, port: relay.port },
    mac: profile,
    ...kind,
    timeScale: settings.timeScale,
    tokenScale: settings.tokenScale,
  };
  const file: SimulatedMacFile = {
    name,
    modelsFolders,
    agentHome: join(folder, "agent"),
    controller: settings.controller,
    mdnsPort: settings.mdnsPort,
    ...(uplinkBytesPerSec === undefined ? {} : { uplinkBytesPerSec }),
    exo,
    ...(settings.generation === "classic" ? { classic: await prepareClassic(mac, folder, ports.node, settings) } : {}),
    exoStart: atStart === "running" ? "with-agent" : "on-request",
    exoSettingsFile: join(folder, "exo.json"),
    exoLogFile: join(folder, "exo.log"),
  };
  // Made here, so that the library that makes certificates is loaded once and not by every simulated Mac.
  await loadOrCreateIdentity(file.agentHome, agentCommonName);
  await writeFile(file.exoSettingsFile, JSON.stringify(exo));
  const macFile = join(folder, "mac.json");
  await writeFile(macFile, JSON.stringify(file));
  return startAgentProcess(macFile, await settings.createToken(name), join(folder, "agent.log"));
}

/** exo 0.0.x drops peers that do not answer in time, which a machine that simulates several may not manage at full speed. */
const leastClassicTimeScale = 0.1;

async function prepareClassic(
  { profile }: SimulatedMac,
  folder: string,
  nodePort: number,
  { timeScale }: SimulatedClusterSettings,
): Promise<NonNullable<SimulatedMacFile["classic"]>> {
  const { bin, exo, checkout } = await prepareClassicMac({
    folder: join(folder, "classic"),
    mac: { model: profile.modelName, chip: profile.chip, memoryGb: Math.round(profile.memoryBytes / 2 ** 30) },
    timeScale: Math.max(timeScale, leastClassicTimeScale),
  });
  return { command: exo, bin, checkout, nodePort };
}

/** Its standard input stays open for as long as we live: that is how it notices that we are gone. */
function startAgentProcess(macFile: string, token: string, logFile: string): Close {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, [main, "agent", "--simulated-mac", macFile, "--log-level", "info"], {
    stdio: ["pipe", log, log],
    // A group of its own: Ctrl-C in the terminal reaches us, and we end the Macs in order.
    detached: true,
  });
  closeSync(log);
  const exited = once(child, "exit");
  exited.catch(() => undefined); // `error` instead of `exit`: it never ran, and its log says why
  child.stdin?.on("error", () => undefined); // it ended before it read its token; its log says why
  child.stdin?.write(`${token}\n`);
  return () => endProcess(child, exited);
}

async function endProcess(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  await exited.catch(() => undefined);
  clearTimeout(insist);
}

/** Ports below the range that systems hand out by themselves, so that no outgoing connection takes one meanwhile. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count && tries < 1_000; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, loopback);
    await once(server, "listening");
    return true;
  } catch {
    return false; // somebody else has it
  } finally {
    server.close();
  }
}
