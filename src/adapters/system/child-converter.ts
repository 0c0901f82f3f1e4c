import { type ChildProcessByStdio, type ExecFileException, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Converter, ConverterRun, ConverterState } from "../../agent/converter.js";
import { readConverterReport } from "../../models/convert/converter-report.js";
import type { ConverterExit } from "../../models/convert/explain-failure.js";

/** A program and the first of its arguments. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** A converter as it was told at installation. */
export interface ConverterProgram {
  /** Prints what it is as a line of JSON. */
  readonly describe: CommandLine;
  /**
   * Takes `--hf-path SOURCE --mlx-path RESULT` and further arguments. Ends with everything that it has started when its standard
   * input closes: that happens when the agent ends, however that ends.
   */
  readonly convert: CommandLine;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** How long the program may take to end when it is asked to. Default 5 s. */
  readonly stopGraceMs?: number;
}

/** Loading MLX takes 2 s, from a cold disk more. */
const describeTimeoutMs = 60_000;
const mostDescription = 1024 * 1024;

/** Runs a converter as a child process, in a process group of its own, without a shell. */
export const createChildConverter = (program: ConverterProgram): Converter => ({
  describe: (signal) => describe(program, signal),
  run: (run, onOutput, signal) => runProgram(program, run, onOutput, signal),
});

function describe(
  { describe: { file, args }, env, cwd }: ConverterProgram,
  signal: AbortSignal,
): Promise<ConverterState> {
  const options = {
    cwd,
    env,
    encoding: "utf8",
    timeout: describeTimeoutMs,
    maxBuffer: mostDescription,
    killSignal: "SIGKILL",
    signal,
  } as const;
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      const report = error === null ? readConverterReport(lastLine(stdout)) : undefined;
      if (signal.aborted) reject(signal.reason);
      else if (report !== undefined) resolve({ kind: "ready", report });
      else resolve(missing(file, whyNoReport(error, stderr)));
    });
  });
}

function whyNoReport(error: ExecFileException | null, stderr: string): string {
  if (error?.code === "ENOENT") return "there is no such program";
  if (error?.killed === true) return `it did not answer within ${describeTimeoutMs / 1_000} s`;
  const said = lastLine(stderr);
  return said === "" ? "it gave no sensible answer" : said.slice(0, 300);
}

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

const missing = (file: string, why: string): ConverterState => ({
  kind: "missing",
  why: `${file} can't load mlx_lm: ${why}`,
  fix: "Install mlx-lm for that Python, or start the agent with --converter-python and the Python that exo runs on.",
});

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

async function runProgram(
  { convert, env, cwd, stopGraceMs = 5_000 }: ConverterProgram,
  { source, result, args }: ConverterRun,
  onOutput: (chunk: string) => void,
  signal: AbortSignal,
): Promise<ConverterExit> {
  signal.throwIfAborted();
  const all = [...convert.args, "--hf-path", source, "--mlx-path", result, ...args];
  const child: Child = spawn(convert.file, all, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined); // it has ended; how, its exit tells
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", onOutput);
  const exited = new Promise<ConverterExit>((resolve) => {
    child.once("exit", (code, by) => resolve({ code, signal: by }));
  });
  await once(child, "spawn");
  const stop = (): void => insist(child, exited, stopGraceMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop(); // while it was starting
  try {
    const exit = await exited;
    signalGroup(child, "SIGKILL"); // whatever it has left running
    await flushed(child);
    return exit;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Asks the program to end, and after the grace makes it. */
function insist(child: Child, exited: Promise<unknown>, graceMs: number): void {
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  void exited.then(() => clearTimeout(timer));
}

/** Its last words: both streams end once no process holds them, and the whole group has been killed. */
async function flushed(child: Child): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => !stream.readableEnded && !stream.destroyed);
  await Promise.all(open.map((stream) => once(stream, "close")));
}

function signalGroup({ pid }: Child, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch (error) {
    // It may be gone already, which is what a signal is for. EPERM: macOS says so of a group of zombies.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
