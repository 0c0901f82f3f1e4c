import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";

/** A program under way, its output in a file. */
export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

export interface CommandLine {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Given to standard input, which is then closed. */
  readonly input?: string;
}

/** Starts a program whose output goes to the end of a file. */
export function startCommand({ command, env, logFile, input = "" }: CommandLine): RunningCommand {
  const log = openSync(logFile, "a");
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env, stdio: ["pipe", log, log] });
  child.stdin?.end(input);
  return running(child);
}

function running(child: ChildProcess): RunningCommand {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started`);
  return {
    pid: child.pid,
    ended: new Promise((resolve) => child.once("close", resolve)),
    signal: (name) => void child.kill(name),
  };
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runCommand(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}
