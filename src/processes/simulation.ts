import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Problem } from "../runtime/problem.js";
import { defaultSimulation, readSimulationSpec, type Simulation } from "../simulate/simulated-cluster-spec.js";
import { simulationPointer, socketName } from "./state-names.js";

/** mDNS of simulated clusters: never the real port. */
export const simulatedMdnsPort = 53_535;

/** Macs of the shipped simulated cluster. */
const defaultCount = 3;

/**
 * What `--simulate` names: nothing, a number of Macs, or a file, from whose folder the folders in it are named.
 *
 * @throws Problem of kind `usage`
 */
export async function readSimulation(wanted: string | true): Promise<Simulation> {
  if (wanted === true) return defaultSimulation(defaultCount);
  if (/^\d+$/.test(wanted)) return defaultSimulation(Number(wanted));
  const text = await readFile(wanted, "utf8").catch((cause: unknown) => {
    throw new Problem(
      "usage",
      "no_simulation_file",
      `can't read the simulation file ${wanted}`,
      "Name a file, a number of Macs, or nothing for the built-in three.",
      { cause },
    );
  });
  const simulation = readSimulationSpec(text, wanted);
  const folder = dirname(wanted);
  const macs = simulation.macs.map((mac) => ({
    ...mac,
    modelsFolders: mac.modelsFolders.map((each) => resolve(folder, each)),
  }));
  return { ...simulation, macs };
}

/** The temporary state folder of a simulation. */
export interface SimulationFolder {
  readonly folder: string;
  /** Lets other commands find the simulation, unless they find another one that is still up. To be called once it is up. */
  announce(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes it. @param stateHome the usual state folder, in which only a pointer is left while the simulation runs */
export async function makeSimulationFolder(stateHome: string): Promise<SimulationFolder> {
  const folder = await mkdtemp(join(tmpdir(), "exoctl-simulation-"));
  const pointer = join(stateHome, simulationPointer);
  const announced = async (): Promise<string> => (await readFile(pointer, "utf8").catch(() => "")).trim();
  return {
    folder,
    announce: async () => {
      const other = await announced();
      if (other !== "" && (await answers(join(other, socketName)))) return;
      await mkdir(stateHome, { recursive: true, mode: 0o700 });
      await writeFile(pointer, `${folder}\n`, { mode: 0o600 });
    },
    remove: async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      if ((await announced()) === folder) await rm(pointer, { force: true });
    },
  };
}

/** Whether a process listens on a socket; a file that nobody listens on is what a killed one leaves behind. */
async function answers(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // nobody listens
  } finally {
    socket.destroy();
  }
}
