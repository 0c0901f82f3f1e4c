import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { HostProbe } from "../../agent/host-probe.js";
import { type ClassicEngine, classicEngines } from "../../cluster/classic-entry.js";
import { pinWords } from "../../cluster/pin-words.js";
import { type HostPort, parseHostPort } from "../../config/host-port.js";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";
import { checkedRate } from "../checked-rate.js";
import { stateHome } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { untilStopped } from "../until-stopped.js";
import { version } from "../version.js";
import { addAgentForgetCommand } from "./agent-forget.js";

interface AgentOptions extends CommonOptions {
  readonly controller?: string;
  readonly pin?: string;
  readonly tokenFile?: string;
  readonly listen: string;
  readonly filesListen: string;
  readonly uplinkLimit?: string;
  readonly name?: string;
  readonly interface: string;
  readonly exoHome?: string;
  readonly exoApiPort: string;
  readonly modelsFolder: readonly string[];
  readonly classic?: string;
  readonly classicEngine?: ClassicEngine;
  readonly classicPort: string;
  readonly classicPublisher?: readonly string[];
  readonly converterPython?: string;
  readonly simulatedMac?: string;
}

/** `exoctl agent`: the node daemon. */
export function addAgentCommand(program: Command): void {
  const agent = withCommonOptions(program.command("agent"))
    .description("the node daemon: measures this machine, keeps exo's registry, runs exo")
    .argument(
      "[exo-command...]",
      "after --: how to start exo, such as /opt/exo/.venv/bin/exo; without it exo is only observed",
    )
    .option("--controller <host:port>", "join this controller (see `exoctl token create`)")
    .option("--pin <pin>", "the controller's pin, as `exoctl token create` printed it")
    .option("--token-file <file>", "where the join token is; - reads it from standard input")
    .option("--listen <host:port>", "where the controller reaches this agent", "0.0.0.0:8417")
    .option("--files-listen <host:port>", "where other agents get model files from this one", "0.0.0.0:8419")
    .option("--uplink-limit <rate>", "what they get at most, such as 500MB/s (default: as fast as the network)")
    .option("--name <name>", "what to call this node (default: its host name)")
    .option("--interface <name>", "network interface for mDNS, or auto", "auto")
    .option("--exo-home <folder>", "exo's data folder (default: exo's own rule)")
    .option(
      "--models-folder <dir>",
      "a further folder of models, such as ./mlx_models, that is only read; may be given several times",
      (folder: string, before: readonly string[]) => [...before, folder],
      [],
    )
    .option("--classic <path>", "exo here is 0.0.x: its checkout, virtual environment or models.py")
    .addOption(
      new Option("--classic-engine <engine>", "engine of that exo (default: its own choice)").choices(classicEngines),
    )
    .option(
      "--classic-publisher <owner>",
      "whose models that exo may load, since it runs code that comes with them; may be given several times (default: mlx-community)",
      (owner: string, before: readonly string[] = []) => [...before, owner],
    )
    .option("--classic-port <port>", "TCP port of that exo for its peers", "52416")
    .option("--exo-api-port <port>", "TCP port of exo's API on this machine", "52415")
    .option(
      "--converter-python <file>",
      "the Python with mlx_lm that converts models (default: the one that the exo command runs on)",
    )
    .addOption(new Option("--simulated-mac <file>", "be a simulated Mac").hideHelp())
    .action(async (exoCommand: string[], options: AgentOptions) => {
      if (options.simulatedMac !== undefined) return runSimulated(options.simulatedMac, options);
      return runReal(exoCommand, options);
    });
  addAgentForgetCommand(agent);
}

async function runReal(exoCommand: readonly string[], options: AgentOptions): Promise<void> {
  const { startEnrollingAgent } = await import("../../processes/enrolling-agent.js");
  const { createPinoLogger } = await import("../../adapters/system/pino-logger.js");
  const { exoFolders } = await import("../../agent/exo-folders.js");
  const homeFolder = join(stateHome(), "agent");
  const folders = exoFolders(process.platform, process.env, homedir(), options.exoHome && resolve(options.exoHome));
  const join_ = await readJoin(options);
  const logger = createPinoLogger({ level: options.logLevel === "warn" ? "info" : options.logLevel });
  const { mlxLmProgram } = await import("../../adapters/system/mlx-lm-program.js");
  const python = await converterPython(options, exoCommand[0]);
  const [command, ...args] = exoCommand;
  const agent = await startEnrollingAgent({
    homeFolder,
    name: options.name ?? hostname().replace(/\..*$/, ""),
    agentVersion: version,
    machine: "real",
    listen: checkedHostPort(options.listen, "--listen", 8417),
    files: {
      ...checkedHostPort(options.filesListen, "--files-listen", 8419),
      ...(options.uplinkLimit === undefined
        ? {}
        : { uplinkBytesPerSec: checkedRate(options.uplinkLimit, "--uplink-limit") }),
    },
    hostProbe: await probeOfThisMachine(),
    mdns: { serviceType: "exoctl", interfaceAddress: options.interface, port: 5353 },
    exo: {
      ...folders,
      localModelsFolders: await localFolders(options.modelsFolder),
      apiPort: checkedPort(options.exoApiPort, "--exo-api-port"),
      ...(await exoGeneration(options, logger)),
      // exo 1.x and its instances go on serving when the agent is restarted or updated. An exo 0.0.x could not be told its peers
      // by the next agent, nor lose what it was made to report.
      onClose: options.classic === undefined ? "leave" : "stop",
      ...(command === undefined
        ? {}
        : { program: { command, args, env: exoEnvironment(), cwd: homedir(), logFile: join(homeFolder, "exo.log") } }),
    },
    ...(python === undefined ? {} : { converter: (home: string) => mlxLmProgram(python, home) }),
    ...(join_ === undefined ? {} : { join: join_ }),
    logger,
  });
  const failed = agent.enrolment.then((outcome) => {
    if (outcome.kind === "failed") throw outcome.error;
    if (outcome.kind !== "enrolled") return;
    const standing =
      outcome.standing === "waiting"
        ? `waits for approval on the controller, where these words have to show: ${pinWords(agent.pin)}`
        : "belongs to a controller";
    process.stderr.write(`exoctl agent is up on port ${agent.port} and ${standing}\n`);
  });
  await untilStopped(agent.close, failed);
}

/** Absolute. One that is not there may be on a disk that is not mounted yet: that is said, and the agent starts. */
async function localFolders(folders: readonly string[]): Promise<readonly string[]> {
  const paths = folders.map((folder) => resolve(folder));
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) continue;
    process.stderr.write(
      `exoctl agent: --models-folder ${path} is not a folder now; its models show once it is there\n`,
    );
  }
  return paths;
}

/** An exo 0.0.x is named at installation and never over the network. Its file is looked for anew whenever it is needed. */
async function exoGeneration(options: AgentOptions, logger: Logger) {
  const { classic, exoHome } = options;
  if (classic === undefined) return { generation: "modern" } as const;
  const { classicPlaces } = await import("../classic-places.js");
  const { openClassicDisk } = await import("../../adapters/files/classic-disk.js");
  const found = await classicPlaces(classic);
  // exo is started in the home folder, so that is where a repository's name could be taken for a folder.
  const places = {
    ...found,
    currentFolder: homedir(),
    exoHome: exoHome === undefined ? found.exoHome : resolve(exoHome),
  };
  // A wrong path is said now; but its disk may only come later, and that is no reason for the agent to be away.
  await openClassicDisk(places).catch((error: unknown) =>
    logger.warn("there is no exo 0.0.x where it should be", { error }),
  );
  const platform = process.platform === "darwin" ? "darwin" : "linux";
  const classicStart = {
    nodePort: checkedPort(options.classicPort, "--classic-port"),
    ...(options.classicEngine === undefined ? {} : { engine: options.classicEngine }),
    memoryFrom: platform === "darwin" ? ("system_profiler" as const) : ("in-process" as const),
    platform,
  } as const;
  const { classicPublisher } = options;
  return {
    generation: "classic" as const,
    ...{ classic: places, classicStart },
    ...(classicPublisher === undefined ? {} : { classicPublishers: classicPublisher }),
  };
}

/** An absolute path, or undefined where none was named and exo runs on none that can be found. */
async function converterPython(options: AgentOptions, exoCommand: string | undefined): Promise<string | undefined> {
  const { findConverterPython } = await import("../../adapters/system/find-converter-python.js");
  if (options.converterPython !== undefined) return resolve(options.converterPython);
  return await findConverterPython(exoCommand);
}

async function probeOfThisMachine(): Promise<HostProbe> {
  if (process.platform === "linux") return (await import("../../adapters/linux/linux-host-probe.js")).linuxHostProbe;
  return (await import("../../adapters/macos/macos-host-probe.js")).createMacosHostProbe();
}

/** What exo gets to see of our environment: what it needs to run and its own settings, never anything else. */
function exoEnvironment(): Record<string, string> {
  const wanted =
    /^(PATH|HOME|LANG|LC_.*|TMPDIR|USER|LOGNAME|XDG_DATA_HOME|XDG_CACHE_HOME|EXO_.*|TIKTOKEN_.*|HF_ENDPOINT|HF_HOME|HTTPS_PROXY)$/;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => wanted.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

async function runSimulated(file: string, options: AgentOptions): Promise<void> {
  const { startSimulatedAgent } = await import("../../processes/simulated-agent.js");
  const agent = await startSimulatedAgent({ file, token: await firstLine(), version, logLevel: options.logLevel });
  // The process that started it holds the other end: when that goes, however it goes, the simulated Mac goes too.
  const end = (): void => void process.kill(process.pid, "SIGTERM");
  if (process.stdin.readableEnded)
    setImmediate(end); // it went while we started
  else process.stdin.once("end", end).resume();
  await untilStopped(agent.close);
  process.stdin.destroy(); // it would keep the process alive
}

async function readJoin(options: AgentOptions) {
  const { parseJoinToken } = await import("../../controller/join-token.js");
  if (options.controller === undefined) {
    if (options.tokenFile === undefined) return undefined;
    throw new Problem(
      "usage",
      "no_controller_address",
      "a token was given but no controller",
      "Add --controller HOST:PORT as `exoctl token create` printed it.",
    );
  }
  const text =
    options.tokenFile === undefined || options.tokenFile === "-" ? await firstLine() : readToken(options.tokenFile);
  const token = parseJoinToken(text.trim());
  if (options.pin !== undefined && options.pin !== token.controllerPin)
    throw new Problem(
      "usage",
      "pin_differs",
      "the token was made by another controller than --pin says",
      "Paste the whole output of one `exoctl token create`.",
    );
  return { controller: checkedHostPort(options.controller, "--controller", 8418), token };
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Problem(
      "usage",
      "no_token_file",
      `can't read the token file ${file}`,
      "Name a file that holds the token, or - for standard input.",
      { cause },
    );
  }
}

async function firstLine(): Promise<string> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new Problem(
    "usage",
    "no_token",
    "no join token came on standard input",
    "Paste the token, or name its file with --token-file.",
  );
}

function checkedPort(text: string, option: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Problem("usage", "bad_port", `${option} ${text} is not a TCP port`, "Write a number such as 52415.");
}

function checkedHostPort(text: string, option: string, defaultPort: number): HostPort {
  const parsed = parseHostPort(text, defaultPort);
  if (parsed !== undefined) return parsed;
  throw new Problem(
    "usage",
    "bad_address",
    `${option} ${text} is not an address`,
    `Write host:port, such as 10.0.0.5:${defaultPort}.`,
  );
}
