import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSimulatedExo } from "../../src/processes/simulated-exo-process.js";
import { type FabricRelay, startFabricRelay } from "../../src/simulate/fabric/fabric-relay.js";
import { defaultSimulation, type SimulatedMac } from "../../src/simulate/simulated-cluster-spec.js";
import { createSimulatedHostProbe } from "../../src/simulate/simulated-host-probe.js";
import type { SimulatedExo } from "../support/simulated-exos.js";
import { ask, formed, ready, until } from "../support/simulated-http.js";

let folder: string;
let relay: FabricRelay;
/** By the name of the Mac: they start at the same time, so their order says nothing. */
const children = new Map<string, ChildProcess>();

const settingsOf = ({ profile, variant, weights, internet }: SimulatedMac) => ({
  home: join(folder, profile.name),
  apiHost: "127.0.0.1",
  apiPort: 0,
  relay: { host: "127.0.0.1", port: relay.port },
  mac: profile,
  variant,
  weights,
  internet,
  timeScale: 0.02,
  tokenScale: 0.02,
});

/** Starts a simulated exo as a process of its own. */
async function spawnExo(mac: SimulatedMac): Promise<SimulatedExo> {
  const settingsFile = join(folder, `${mac.profile.name}.json`);
  await writeFile(settingsFile, JSON.stringify(settingsOf(mac)));
  const loader = new URL("../support/run-typescript.js", import.meta.url).href;
  const child = spawn(process.execPath, ["--import", loader, "src/processes/simulated-exo-main.ts", settingsFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.set(mac.profile.name, child);
  let said = "";
  child.stdout?.on("data", (part) => {
    said += part;
  });
  child.stderr?.on("data", (part) => {
    said += part;
  });
  const line = await until(
    "the process to say where it answers",
    async () => {
      if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}: ${said}`);
      return /simulated exo (\S+) at ([\d.]+):(\d+)/.exec(said) ?? undefined;
    },
    90_000,
  );
  const [, nodeId = "", host = "", port = ""] = line;
  return {
    name: mac.profile.name,
    nodeId,
    profile: mac.profile,
    address: { host, port: Number(port) },
    baseUrl: `http://${host}:${port}`,
    home: join(folder, mac.profile.name),
    crashed: () => undefined,
    failRunner: () => {},
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulated-exo-"));
  relay = await startFabricRelay({ host: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  for (const child of children.values())
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await relay.close();
  await rm(folder, { recursive: true, maxRetries: 5, retryDelay: 100 });
});

test("two processes form a cluster over the relay, serve, and end as they are told", async () => {
  const [first, second] = defaultSimulation(2).macs;
  if (first === undefined || second === undefined) throw new Error("no macs");
  const [one, two] = await Promise.all([spawnExo(first), spawnExo(second)]);
  await formed([one, two]);
  const shards = [
    { exo: one, startLayer: 0, endLayer: 18 },
    { exo: two, startLayer: 18, endLayer: 36 },
  ];
  await ready(one, shards, "over-tcp");
  expect(await ask(two, "What is 2+2?")).toBe("[simulated] 4");

  const probe = createSimulatedHostProbe(one.profile, { exoHome: one.home });
  const unloaded = createSimulatedHostProbe(one.profile);
  const freePages = async (of: typeof probe): Promise<number> => {
    const output = await of.ask("vm_stat", new AbortController().signal);
    return output.kind === "output" ? Number(/Pages free:\s+(\d+)\./.exec(output.stdout)?.[1]) : Number.NaN;
  };
  await until("the host probe to see the loaded weights", async () => {
    const takenBytes = ((await freePages(unloaded)) - (await freePages(probe))) * 16_384;
    return takenBytes > 25e9;
  });

  const child = children.get(one.name);
  if (child === undefined) throw new Error("no process");
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  expect(await freePages(probe)).toBe(await freePages(unloaded));
});

test("a process ends when its relay is gone", async () => {
  const own = await startFabricRelay({ host: "127.0.0.1", port: 0 });
  const [mac] = defaultSimulation(1).macs;
  if (mac === undefined) throw new Error("no mac");
  const exo = await runSimulatedExo({
    ...settingsOf(mac),
    home: join(folder, "alone"),
    relay: { host: "127.0.0.1", port: own.port },
  });
  await own.close();
  expect(await exo.ended).toBe("relay-lost");
  await exo.close();
});

test("nothing leaves the loopback interface", async () => {
  const [mac] = defaultSimulation(1).macs;
  if (mac === undefined) throw new Error("no mac");
  await expect(startFabricRelay({ host: "0.0.0.0", port: 0 })).rejects.toThrow(RangeError);
  await expect(runSimulatedExo({ ...settingsOf(mac), apiHost: "0.0.0.0" })).rejects.toThrow(RangeError);
});

test("the relay drops whoever does not speak its language", async () => {
  const socket = connect(relay.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await once(socket, "close");
});
