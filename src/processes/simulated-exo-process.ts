import { readFile } from "node:fs/promises";
import { applyEvent } from "../simulate/exo/apply-event.js";
import { newNodeId, startExoNode } from "../simulate/exo/exo-node.js";
import { startApiServer } from "../simulate/exo-api/api-server.js";
import { isLoopback } from "../simulate/fabric/fabric-relay.js";
import { openTcpFabric } from "../simulate/fabric/tcp-fabric.js";
import { prepareSimulatedHome } from "../simulate/prepare-home.js";
import { parseSimulatedExoSettings, type SimulatedExoSettings } from "../simulate/simulated-exo-settings.js";
import { writeLoadedBytes } from "../simulate/simulated-memory.js";

/** A simulated exo that answers. */
export interface RunningSimulatedExo {
  readonly nodeId: string;
  readonly address: { readonly host: string; readonly port: number };
  /** Why it ended: by `close`, or as a real exo would die. */
  readonly ended: Promise<"closed" | "crashed" | "relay-lost">;
  close(): Promise<void>;
}

/**
 * Runs one simulated exo: joins the relay, starts the node, serves its API.
 *
 * @throws RangeError when it is told to listen on, or to dial, anything but loopback
 */
export async function runSimulatedExo(settings: SimulatedExoSettings): Promise<RunningSimulatedExo> {
  for (const host of [settings.apiHost, settings.relay.host])
    if (!isLoopback(host)) throw new RangeError(`a simulation stays on loopback, not ${host}`);
  let end: (reason: "closed" | "crashed" | "relay-lost") => void = () => {};
  const ended = new Promise<"closed" | "crashed" | "relay-lost">((resolve) => {
    end = resolve;
  });
  await prepareSimulatedHome(settings.home, settings.weights);
  const nodeId = newNodeId(settings.variant);
  const fabric = await openTcpFabric(settings.relay, { id: nodeId, profile: settings.mac }, () => end("relay-lost"));
  let writing = Promise.resolve();
  const node = startExoNode({
    nodeId,
    mac: settings.mac,
    home: settings.home,
    apiPort: settings.apiPort,
    variant: settings.variant,
    internet: settings.internet,
    startHangs: settings.startHangs ?? 0,
    timeScale: settings.timeScale,
    tokenScale: settings.tokenScale,
    fabric,
    fold: applyEvent,
    onCrash: () => end("crashed"),
    onMemoryChanged(loadedBytes) {
      // Only for this Mac's host probe; a folder that is being removed is no reason to die.
      writing = writing.then(() => writeLoadedBytes(settings.home, process.pid, loadedBytes)).catch(() => {});
    },
  });
  const api = await startApiServer(node, { host: settings.apiHost, port: settings.apiPort }).catch(async (error) => {
    await node.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await node.close();
    await api.close();
    await writing;
    end("closed");
  };
  return { nodeId, address: api.address, ended, close };
}

/**
 * The whole life of a simulated exo process: reads its settings file, runs until it is told to stop, or until the relay is
 * gone, so that nothing is left of a simulation whose owner was killed.
 *
 * @returns the exit code: 0 after a signal, 1 after a crash
 */
export async function simulatedExoMain(settingsFile: string): Promise<number> {
  // Whoever reads our output may be gone before us.
  process.stdout.on("error", () => {});
  const exo = await runSimulatedExo(parseSimulatedExoSettings(await readFile(settingsFile, "utf8")));
  process.stdout.write(`simulated exo ${exo.nodeId} at ${exo.address.host}:${exo.address.port}\n`);
  const stop = (): void => void exo.close();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const reason = await exo.ended;
  process.stdout.write(`simulated exo ended: ${reason}\n`);
  await exo.close();
  return reason === "closed" ? 0 : 1;
}
