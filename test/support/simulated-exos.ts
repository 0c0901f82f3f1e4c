import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createSharedFold } from "../../src/simulate/exo/apply-event.js";
import { newNodeId, startExoNode } from "../../src/simulate/exo/exo-node.js";
import type { SimulatedVariant } from "../../src/simulate/exo/simulated-variant.js";
import { startApiServer } from "../../src/simulate/exo-api/api-server.js";
import { createMemorySwitch, type MemorySwitch } from "../../src/simulate/fabric/memory-fabric.js";
import type { MacProfile } from "../../src/simulate/mac-profile.js";
import { prepareSimulatedHome } from "../../src/simulate/prepare-home.js";

/** One simulated exo in this process. */
export interface SimulatedExo {
  readonly name: string;
  readonly nodeId: string;
  readonly profile: MacProfile;
  readonly address: { readonly host: string; readonly port: number };
  readonly baseUrl: string;
  /** Its `EXO_HOME`. */
  readonly home: string;
  /** Set once it has died of itself. */
  crashed(): unknown;
  failRunner(runnerId: string, error: string): void;
  /** Ends it as SIGKILL would. Safe to call again. */
  kill(): Promise<void>;
}

export interface SimulatedExoCluster {
  readonly nodes: readonly SimulatedExo[];
  /** Starts another one, or the exo of a killed Mac anew: it has a new id and, with port 0, a new port. */
  start(mac: MacProfile): Promise<SimulatedExo>;
  close(): Promise<void>;
}

export interface SimulatedExosOptions {
  readonly macs: readonly MacProfile[];
  /** An empty folder; each exo gets `<folder>/<name>/exo`. */
  readonly folder: string;
  /** Default 0: as fast as possible. */
  readonly timeScale?: number;
  readonly variant?: SimulatedVariant;
  readonly weights?: "complete" | "none";
  readonly internet?: "simulated" | "none";
  /** Each so manieth runner of a node hangs. */
  readonly startHangs?: number;
}

async function startOne(
  mac: MacProfile,
  options: SimulatedExosOptions,
  network: MemorySwitch,
  fold: ReturnType<typeof createSharedFold>,
): Promise<SimulatedExo> {
  const variant = options.variant ?? "1.0.71";
  const home = join(options.folder, mac.name, "exo");
  await mkdir(home, { recursive: true });
  await prepareSimulatedHome(home, options.weights ?? "complete");
  const nodeId = newNodeId(variant);
  let crash: unknown;
  const node = startExoNode({
    nodeId,
    mac,
    home,
    apiPort: 52_415,
    variant,
    internet: options.internet ?? "simulated",
    startHangs: options.startHangs ?? 0,
    timeScale: options.timeScale ?? 0,
    fabric: network.join({ id: nodeId, profile: mac }),
    fold,
    onCrash(error) {
      crash = error;
      void api.close();
    },
  });
  const api = await startApiServer(node, { host: "127.0.0.1", port: 0 });
  const { address } = api;
  return {
    name: mac.name,
    nodeId,
    profile: mac,
    address,
    baseUrl: `http://${address.host}:${address.port}`,
    home,
    crashed: () => crash,
    failRunner: node.failRunner,
    async kill() {
      await api.close();
      await node.close();
    },
  };
}

/** Starts simulated exos in this process, joined by an in-memory switch, each with its API on a loopback port. */
export async function startSimulatedExos(options: SimulatedExosOptions): Promise<SimulatedExoCluster> {
  const network = createMemorySwitch();
  const fold = createSharedFold();
  const nodes: SimulatedExo[] = [];
  const start = async (mac: MacProfile): Promise<SimulatedExo> => {
    const exo = await startOne(mac, options, network, fold);
    nodes.push(exo);
    return exo;
  };
  for (const mac of options.macs) await start(mac);
  return {
    nodes,
    start,
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
    },
  };
}
