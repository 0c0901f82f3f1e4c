import { join } from "node:path";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { ExoAddress } from "../inventory/exo-state.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import type { Simulation } from "../simulate/simulated-cluster-spec.js";
import { type RunningController, startController } from "./controller-process.js";
import { startSimulatedCluster } from "./simulated-cluster.js";
import { makeSimulationFolder, simulatedMdnsPort } from "./simulation.js";

/** How long a join token of a simulated Mac lives. */
const tokenLifeMs = 60_000;
/** A simulated cluster starts this much faster than a real one, unless told otherwise. */
const defaultTimeScale = 0.05;
/** It answers at the pace of real machines: that is what people want to see of it. */
const defaultTokenScale = 1;

/** What `exoctl up` starts. */
export interface UpSettings {
  readonly spec: ClusterSpec;
  readonly clusterYaml: string;
  /** The usual state folder. */
  readonly home: string;
  readonly version: string;
  readonly exoHosts?: readonly ExoAddress[];
  readonly simulation?: Simulation;
  readonly logger: Logger;
}

export interface RunningUp {
  readonly controller: RunningController;
  /** How many nodes there will be, where that is known. */
  readonly expectedNodes?: number;
  readonly close: Close;
}

/** Starts a controller, and for a simulation the Macs beside it. Closing ends everything that this started. */
export function startUp(settings: UpSettings): Promise<RunningUp> {
  return settings.simulation === undefined ? startReal(settings) : startSimulated(settings, settings.simulation);
}

async function startReal({ simulation: _none, ...settings }: UpSettings): Promise<RunningUp> {
  const controller = await startController(settings);
  return {
    controller,
    ...(settings.exoHosts === undefined ? {} : { expectedNodes: settings.exoHosts.length }),
    close: controller.close,
  };
}

async function startSimulated(settings: UpSettings, simulation: Simulation): Promise<RunningUp> {
  const timeScale = simulation.timeScale ?? defaultTimeScale;
  const own = await makeSimulationFolder(settings.home);
  const closers: Close[] = [own.remove];
  try {
    const { home: _usual, simulation: _macs, ...rest } = settings;
    const controller = await startController({
      ...rest,
      home: own.folder,
      simulation: { mdnsPort: simulatedMdnsPort, timings: { pollMs: Math.max(50, 1_000 * timeScale) } },
    });
    closers.push(controller.close);
    await own.announce();
    if (controller.enrolment === undefined) throw new Error("a simulated cluster needs the enrolment listener");
    // Closed after the controller, which would otherwise watch its nodes die.
    closers.splice(
      1,
      0,
      await startSimulatedCluster({
        simulation,
        generation: settings.spec.exo.generation === "classic" ? "classic" : "modern",
        timeScale,
        tokenScale: simulation.tokenScale ?? defaultTokenScale,
        folder: join(own.folder, "macs"),
        controller: controller.enrolment,
        createToken: async (name) => (await controller.api.createToken({ forName: name, ttlMs: tokenLifeMs })).token,
        mdnsPort: simulatedMdnsPort,
      }),
    );
    return { controller, expectedNodes: simulation.macs.length, close: closeAll(closers) };
  } catch (error) {
    await closeAll(closers)();
    throw error;
  }
}
