import { linkSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "./command.js";
import { inCostume } from "./costume.js";
import { addressOf, exoApiPort, exoCommand, exoctlMain, meeting, nameOf, namespaceOf, workFolder } from "./settings.js";

/** One node: a real agent that runs a real exo, in a network namespace of its own. */
export interface RealNode {
  readonly number: number;
  readonly name: string;
  readonly address: string;
  readonly agent: RunningCommand;
  /** Process ids of exo itself: the children of the agent. */
  exoPids(): readonly number[];
}

/** How an agent joins, as `exoctl token create` says. */
export interface Join {
  readonly address: string;
  readonly pin: string;
  readonly token: string;
}

/** The model folder as exo downloads it. */
const weightsFolder = "mlx-community--gpt-oss-120b-MXFP4-Q8";
/** Of the nodes in turn: unequal, so that cuts by memory show. */
const memoriesGib = [64, 52, 60];

/**
 * On processors MLX compiles what it runs with the machine's C++ compiler, into a folder that all its processes share: they
 * overwrite each other's files, and two cores have enough to do as it is.
 */
const exoSettings = ["MLX_DISABLE_COMPILE=1"];

/** Starts an agent, which joins and starts exo. @param weights folder whose files become the node's model */
export function startNode(number: number, weights: string, { address, pin, token }: Join): RealNode {
  const name = nameOf(number);
  const folder = join(workFolder, name);
  const exoHome = join(folder, "exo");
  mkdirSync(join(folder, "home"), { recursive: true });
  placeWeights(weights, join(exoHome, "models", weightsFolder));
  const costume = {
    namespace: namespaceOf(number),
    name,
    memoryGib: memoriesGib[number - 1] ?? 64,
    meminfoFile: join(folder, "meminfo"),
  };
  const joining = ["--controller", address, "--pin", pin, "--token-file", "-"];
  const agent = startCommand({
    command: inCostume(costume, [
      ...[process.execPath, exoctlMain, "agent", "--name", name, ...joining],
      ...["--", "env", ...exoSettings, ...exoCommand, "--offline", ...meeting.flags],
    ]),
    env: {
      PATH: process.env.PATH ?? "",
      HOME: join(folder, "home"),
      EXOCTL_HOME: join(folder, "exoctl"),
      EXO_HOME: exoHome,
      ...meeting.env,
    },
    logFile: join(folder, "agent.log"),
    input: `${token}\n`,
  });
  return { number, name, address: addressOf(number), agent, exoPids: () => childrenOf(agent.pid) };
}

/** Hard links: all nodes are on one disk, and links that lead out of a models folder do not count. */
function placeWeights(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const there = new Set(readdirSync(to));
  for (const file of readdirSync(from)) if (!there.has(file)) linkSync(join(from, file), join(to, file));
}

/** Process ids of what a process has started. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined; // ended meanwhile
  }
}

/** The JSON that this node's exo answers. */
export async function askExo(node: { readonly address: string }, path: string): Promise<unknown> {
  const answer = await fetch(`http://${node.address}:${exoApiPort}${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return await answer.json();
}
