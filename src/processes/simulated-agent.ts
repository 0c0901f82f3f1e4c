import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPinoLogger } from "../adapters/system/pino-logger.js";
import { parseJoinToken } from "../controller/join-token.js";
import { createSimulatedHostProbe } from "../simulate/simulated-host-probe.js";
import type { AgentExoSettings, RunningAgent } from "./agent-process.js";
import { startEnrollingAgent } from "./enrolling-agent.js";
import type { SimulatedMacFile } from "./simulated-mac-file.js";

/** The program that plays mlx_lm's converter on a simulated Mac. */
const simulatedConverter = fileURLToPath(new URL("./simulated-converter-main.js", import.meta.url));
/** The program that plays exo on a simulated Mac. */
const simulatedExo = fileURLToPath(new URL("./simulated-exo-main.js", import.meta.url));

/**
 * Starts the agent of a simulated Mac: the same agent as on a real one, with other answers behind its probes and another
 * program as its exo.
 */
export async function startSimulatedAgent(options: {
  /** JSON: `SimulatedMacFile`. */
  readonly file: string;
  readonly token: string;
  readonly version: string;
  readonly logLevel: string;
}): Promise<RunningAgent> {
  const mac = JSON.parse(await readFile(options.file, "utf8")) as SimulatedMacFile;
  const { home } = mac.exo;
  return startEnrollingAgent({
    homeFolder: mac.agentHome,
    name: mac.name,
    agentVersion: options.version,
    machine: "simulated",
    listen: { host: "127.0.0.1", port: 0 },
    files: { host: "127.0.0.1", port: 0, ...uplinkOf(mac) },
    hostProbe: createSimulatedHostProbe(mac.exo.mac, { exoHome: home }),
    mdns: { serviceType: "exoctl-sim", interfaceAddress: "127.0.0.1", port: mac.mdnsPort },
    exo: {
      ...programOf(mac),
      apiPort: mac.exo.apiPort,
      cardsFolder: join(home, "custom_model_cards"),
      modelsFolders: [join(home, "models")],
      localModelsFolders: mac.modelsFolders,
      start: mac.exoStart,
      onClose: "stop",
    },
    converter: (homeFolder) => ({
      describe: { file: process.execPath, args: [simulatedConverter, "describe"] },
      convert: { file: process.execPath, args: [simulatedConverter, "convert"] },
      env: {},
      cwd: homeFolder,
    }),
    join: { controller: mac.controller, token: parseJoinToken(options.token) },
    logger: createPinoLogger({ level: options.logLevel }),
  });
}

const uplinkOf = ({ uplinkBytesPerSec }: SimulatedMacFile): { readonly uplinkBytesPerSec?: number } =>
  uplinkBytesPerSec === undefined ? {} : { uplinkBytesPerSec };

/** Which exo the Mac has, and how it is started. */
function programOf(
  mac: SimulatedMacFile,
): Pick<AgentExoSettings, "program" | "generation" | "classic" | "classicStart"> {
  const { home } = mac.exo;
  const folder = dirname(mac.exoSettingsFile);
  const common = { cwd: folder, logFile: mac.exoLogFile };
  if (mac.classic === undefined) {
    const program = { ...common, command: process.execPath, args: [simulatedExo, mac.exoSettingsFile] };
    return { generation: "modern", program: { ...program, env: { EXO_HOME: home } } };
  }
  const { command, bin, checkout, nodePort } = mac.classic;
  return {
    generation: "classic",
    program: { ...common, command, args: [], env: { PATH: `${bin}:/usr/bin:/bin` } },
    classic: { installations: [checkout], exoHome: home, currentFolder: folder },
    // The one engine that is simulated. It measures memory as exo does on a Mac.
    classicStart: { nodePort, engine: "dummy", memoryFrom: "system_profiler", platform: "darwin" },
  };
}
