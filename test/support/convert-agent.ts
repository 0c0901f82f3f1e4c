import { join } from "node:path";
import { mlxLmProgram } from "../../src/adapters/system/mlx-lm-program.js";
import { systemClock } from "../../src/adapters/system/system-clock.js";
import { startAgent } from "../../src/processes/agent-process.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createFakeProbe } from "./agent-probe-outputs.js";

// A process of its own: an agent whose hardware is made up, since this may be no Mac; everything else of it is real.
const { root, python, identity, controller } = JSON.parse(process.argv[2] ?? "{}");
const agent = await startAgent({
  homeFolder: join(root, "agent"),
  name: "studio-1",
  agentVersion: "0.1.0",
  machine: "simulated",
  listen: { host: "127.0.0.1", port: 0 },
  identity,
  controller,
  hostProbe: createFakeProbe(),
  exo: {
    apiPort: 1,
    cardsFolder: join(root, "cards"),
    modelsFolders: [join(root, "models")],
    generation: "unknown",
    onClose: "stop",
  },
  converter: (homeFolder) => mlxLmProgram(python, homeFolder),
  advertise: async () => async () => {},
  logger: silentLogger,
  clock: systemClock,
});
process.once("SIGTERM", () => void agent.close().then(() => process.exit(0)));
process.stdout.write(`${agent.port}\n`);
