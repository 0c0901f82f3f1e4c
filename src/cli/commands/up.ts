import type { Command } from "commander";
import type { ClusterSpec } from "../../config/cluster-spec.js";
import { parseHostPort } from "../../config/host-port.js";
import { parseDuration } from "../../config/parse-duration.js";
import type { RunningUp, UpSettings } from "../../processes/start-up.js";
import { Problem } from "../../runtime/problem.js";
import { readExoHosts } from "../exo-hosts.js";
import { stateHome } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { stopSignal } from "../until-stopped.js";
import { version } from "../version.js";

interface UpOptions extends CommonOptions {
  readonly simulate?: string | true;
  readonly exo?: string;
  readonly once?: true;
  readonly prompt: string;
  readonly wait?: string;
  readonly listen?: string;
}

/** `exoctl up`: controller and gateway in the foreground. */
export function addUpCommand(program: Command): void {
  withCommonOptions(program.command("up"))
    .description("run the controller and the gateway in the foreground, and bring the cluster up")
    .option("--simulate [n-or-file]", "on simulated Macs: the built-in three, so many, or those of a file")
    .option("--exo <host,...>", "drive the exos on these hosts over their API alone, without agents")
    .option("--once", "end after the first answer")
    .option("--prompt <text>", "what to ask once the model is up", "Say hello and tell me which machines you run on.")
    .option("--wait <duration>", "how long to wait for nodes, such as 60s (default: without end, with --once 60s)")
    .option("--listen <host:port>", "where the gateway listens (default: as the cluster file says)")
    .action(async (options: UpOptions) => {
      const settings = await readSettings(options);
      const stop = stopSignal();
      const { runUp } = await import("../run-up.js");
      const { startUp } = await import("../../processes/start-up.js");
      const waitMs = waitOf(options);
      const start = (): Promise<RunningUp> => startUp(settings);
      await runUp(start, {
        mode: options.once === true ? "once" : "stay",
        models: settings.spec.models,
        prompt: options.prompt,
        ...(waitMs === undefined ? {} : { waitMs }),
        output: options.output,
        stop,
      });
    });
}

async function readSettings(options: UpOptions): Promise<UpSettings> {
  if (options.simulate !== undefined && options.exo !== undefined)
    throw new Problem(
      "usage",
      "two_modes",
      "--simulate and --exo exclude each other",
      "Choose simulated Macs or real exos.",
    );
  const { readSpecFile, readSpecText } = await import("../read-spec-file.js");
  const { createPinoLogger } = await import("../../adapters/system/pino-logger.js");
  const spec = withListen(await readSpecFile(options.file), options.listen);
  const common = {
    spec,
    clusterYaml: await readSpecText(options.file),
    home: stateHome(),
    version,
    logger: createPinoLogger({ level: options.logLevel }),
  };
  if (options.exo !== undefined) return { ...common, exoHosts: readExoHosts(options.exo, spec) };
  if (options.simulate === undefined) return common;
  const { readSimulation } = await import("../../processes/simulation.js");
  return { ...common, simulation: await readSimulation(options.simulate) };
}

function withListen(spec: ClusterSpec, listen: string | undefined): ClusterSpec {
  if (listen === undefined) return spec;
  const address = parseHostPort(listen, spec.gateway.listen.port);
  if (address === undefined)
    throw new Problem(
      "usage",
      "bad_listen",
      `--listen ${listen} is not an address`,
      "Write host:port, such as 127.0.0.1:8415.",
    );
  return { ...spec, gateway: { ...spec.gateway, listen: address } };
}

function waitOf(options: UpOptions): number | undefined {
  if (options.wait !== undefined) return parseDuration(options.wait);
  return options.once === true ? 60_000 : undefined;
}
